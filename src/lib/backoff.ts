/** How the pauses between attempts grow. */
export interface Backoff {
  /** Pause after the first failed attempt, in milliseconds; it doubles with each further one. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** Part of the pause that is random, from 0 (the default) to 1, so that many callers do not retry together. */
  readonly jitter?: number;
}

/** Beyond this many doublings every pause has reached its bound. */
const MAX_DOUBLINGS = 30;

/**
 * The pause before the next attempt, in milliseconds.
 * @param attempt the number of the attempt that failed, from 1
 */
export function backoffDelayMs(
  attempt: number,
  { firstMs, maxMs, jitter = 0 }: Backoff,
  random: () => number = Math.random,
): number {
  const doublings = Math.min(Math.max(attempt - 1, 0), MAX_DOUBLINGS);
  return Math.min(maxMs, firstMs * 2 ** doublings) * (1 - jitter + jitter * random());
}
