/** The rejection of `withDeadline`: the work was still running. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

/**
 * Waits for `work` at most `timeoutMs`. The work itself is not stopped; what it does later is ignored.
 * @throws DeadlineExceeded naming `what` and the time; else whatever the work throws.
 */
export async function withDeadline<T>(
  what: string,
  timeoutMs: number,
  work: () => T | Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DeadlineExceeded(`${what} was not done within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([Promise.resolve().then(work), limit]);
  } finally {
    clearTimeout(timer);
  }
}
