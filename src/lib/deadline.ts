/** The rejection of `withDeadline`: the work was still running. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

/**
 * Waits for `work` at most `timeoutMs`. The work is not stopped; its later result is ignored.
 * @throws DeadlineExceeded naming `what` and the time; else whatever the work throws.
 */
export function withDeadline<T>(
  what: string,
  timeoutMs: number,
  work: () => T | Promise<T>,
): Promise<T> {
  return withFallback(timeoutMs, work, () => {
    throw new DeadlineExceeded(`${what} was not done within ${timeoutMs} ms`);
  });
}

/**
 * Waits for `work` at most `timeoutMs`, then gives what `fallback` returns or throws. The work is not stopped; its
 * later result is ignored.
 */
export async function withFallback<T>(
  timeoutMs: number,
  work: () => T | Promise<T>,
  fallback: () => T,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve(fallback());
      } catch (error) {
        reject(error);
      }
    }, timeoutMs);
  });
  try {
    return await Promise.race([Promise.resolve().then(work), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits for `work` until the signal aborts. The work is not stopped; its later result is ignored.
 * @throws the signal's reason
 */
export async function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
