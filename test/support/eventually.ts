import { setTimeout as delay } from 'node:timers/promises';

/** How long and how often `eventually` tries. */
export interface EventuallyOptions {
  /** Deadline over all tries together; 5,000 by default. */
  timeoutMs?: number;
  /** Pause between two tries; 20 by default. */
  intervalMs?: number;
  /** What is waited for, named in the error of a missed deadline. */
  what?: string;
}

/**
 * Tries `probe` until it returns without throwing and gives back what it returned.
 *
 * A probe fails by throwing: an `expect` inside it is the usual way. After the deadline it throws an
 * Error that names what was waited for and carries the last failure, also as `cause`. A try that is
 * still running at the deadline counts as failed, so that a hanging probe cannot hang the test.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<T> {
  const { timeoutMs = 5_000, intervalMs = 20, what = 'the expected state' } = options;
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown = new Error('no try came to an end');
  let tries = 0;
  while (performance.now() < deadline) {
    tries += 1;
    try {
      return await beforeDeadline(probe, deadline);
    } catch (error) {
      if (error !== overdue) lastError = error;
    }
    await delay(Math.max(0, Math.min(intervalMs, deadline - performance.now())));
  }
  const reason = lastError instanceof Error ? lastError.message : String(lastError);
  throw new Error(`${what} was not reached in ${timeoutMs} ms (${tries} tries): ${reason}`, {
    cause: lastError,
  });
}

/** The rejection of a try that outlived the deadline: it must not hide the failure before it. */
const overdue = new Error('a try was still running at the deadline');

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
