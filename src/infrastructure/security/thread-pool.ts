/** libuv's default and maximum (its guide, "Thread pool work scheduling"). */
const DEFAULT_THREADS = 4;
const MAX_THREADS = 1_024;
/** Threads for files, name look-ups and token signatures while password hashing is at its limit. */
const SPARE_THREADS = 4;

/** The `UV_THREADPOOL_SIZE` that a hashing concurrency limit needs. */
export function neededThreads(hashingLimit: number): number {
  return hashingLimit + SPARE_THREADS;
}

/**
 * Checks that libuv's pool has a thread for each concurrent hash, plus spare ones. Without spare threads, sign-ins
 * delay every file access and name look-up while the event loop looks idle.
 * @param hashingLimit passwords hashed at the same time (`password.hashing_slots`).
 * @param poolSize value of `UV_THREADPOOL_SIZE` at the start of the process.
 * @returns null when the pool is large enough, else one sentence for the operator.
 */
export function assertThreadPool(
  hashingLimit: number,
  poolSize: string | undefined,
): string | null {
  const needed = neededThreads(hashingLimit);
  if (needed > MAX_THREADS) {
    return `password.hashing_slots must be at most ${MAX_THREADS - SPARE_THREADS}: libuv runs at most ${MAX_THREADS} threads.`;
  }
  const threads = readThreads(poolSize);
  if (threads >= needed) return null;
  return `password.hashing_slots is ${hashingLimit} and needs UV_THREADPOOL_SIZE to be at least ${needed}; it is ${threads}.`;
}

/** Parses the variable as libuv does: `atoi`, 1 for zero, at most its maximum. */
function readThreads(poolSize: string | undefined): number {
  if (poolSize === undefined) return DEFAULT_THREADS;
  const threads = Number.parseInt(poolSize, 10);
  if (Number.isNaN(threads) || threads === 0) return 1;
  return threads < 0 ? MAX_THREADS : Math.min(threads, MAX_THREADS);
}
