/**
 * The pause before the next attempt: doubled with each failure, half of it random, so that processes that failed
 * together do not come back together.
 * @param failures in a row, at least 1
 */
export function backoffMs(
  failures: number,
  { firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number },
): number {
  const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return fullMs / 2 + Math.random() * (fullMs / 2);
}

/** Waits, or returns early when the signal aborts. The timer does not keep the process alive. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    timer.unref();
    signal.addEventListener('abort', finish, { once: true });
  });
}
