/** libuv's own default and most threads (its guide, "Thread pool work scheduling"). */
const DEFAULT_THREADS = 4;
const MAX_THREADS = 1_024;
/** Threads that files, name look-ups and token signatures need while every slot is hashing. */
const SPARE_THREADS = 4;

/** The value of `UV_THREADPOOL_SIZE` that a number of hashing slots needs. */
export function neededThreads(slots: number): number {
  return slots + SPARE_THREADS;
}

/**
 * Whether libuv's pool has a thread for each hashing slot and some to spare. Without them sign-ins starve every file
 * and name look-up while the event loop looks idle.
 * @param poolSize The value of `UV_THREADPOOL_SIZE` at the start of the process.
 * @returns null when it fits, else one sentence for the operator.
 */
export function assertThreadPool(slots: number, poolSize: string | undefined): string | null {
  const needed = neededThreads(slots);
  if (needed > MAX_THREADS) {
    return `password.hashing_slots must be at most ${MAX_THREADS - SPARE_THREADS}: libuv runs at most ${MAX_THREADS} threads.`;
  }
  const threads = readThreads(poolSize);
  if (threads >= needed) return null;
  return `password.hashing_slots is ${slots} and needs UV_THREADPOOL_SIZE to be at least ${needed}; it is ${threads}.`;
}

/** Reads the variable as libuv does: `atoi`, 1 for zero, at most its maximum. */
function readThreads(poolSize: string | undefined): number {
  if (poolSize === undefined) return DEFAULT_THREADS;
  const threads = Number.parseInt(poolSize, 10);
  if (Number.isNaN(threads) || threads === 0) return 1;
  return threads < 0 ? MAX_THREADS : Math.min(threads, MAX_THREADS);
}
