import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** Deadline of all attempts together; 5,000 by default. */
  timeoutMs?: number;
  /** Pause between two attempts; 20 by default. */
  intervalMs?: number;
  /** The expected state, named in the error after the deadline. */
  what?: string;
}

/**
 * Repeats `probe` until it returns without throwing, and returns its value.
 *
 * A probe fails by throwing, usually from an `expect`. After the deadline, `eventually` throws an Error that names the
 * expected state and carries the last failure, also as `cause`. An attempt that is still running at the deadline counts
 * as failed, so that a hanging probe cannot hang the test.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<T> {
  const { timeoutMs = 5_000, intervalMs = 20, what = 'the expected state' } = options;
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown = new Error('no attempt finished');
  let attempts = 0;
  while (performance.now() < deadline) {
    attempts += 1;
    try {
      return await beforeDeadline(probe, deadline);
    } catch (error) {
      if (error !== overdue) lastError = error;
    }
    await delay(Math.max(0, Math.min(intervalMs, deadline - performance.now())));
  }
  const reason = lastError instanceof Error ? lastError.message : String(lastError);
  throw new Error(`${what} was not reached in ${timeoutMs} ms (${attempts} attempts): ${reason}`, {
    cause: lastError,
  });
}

/** The rejection of an attempt that was still running at the deadline: it must not hide the failure before it. */
const overdue = new Error('an attempt was still running at the deadline');

async function beforeDeadline<T>(probe: () => T | Promise<T>, deadline: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(overdue), Math.max(1, deadline - performance.now()));
  });
  try {
    return await Promise.race([Promise.resolve().then(probe), limit]);
  } finally {
    clearTimeout(timer);
  }
}
