/**
 * Calls the listener when the signal aborts, or at once if it has.
 * @returns a function that ends this
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal?.aborted) listener();
  signal?.addEventListener('abort', listener);
  return () => signal?.removeEventListener('abort', listener);
}

/**
 * Rejects with the reason of the signal when it aborts, also if the work knows nothing of the signal. After an abort the
 * work is not begun.
 */
export function untilAborted<T>(work: () => T | Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(signal.reason));
    if (signal.aborted) return;
    new Promise<T>((settle) => settle(work())).then(resolve, reject).finally(release);
  });
}
