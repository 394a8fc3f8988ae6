const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Pauses before the attempts of a delivery: the schedule that Standard Webhooks recommends. */
export const DELIVERY_SCHEDULE_MS: readonly number[] = [
  0,
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** Each pause is up to so much shorter or longer, so that deliveries that failed together do not come back together. */
const JITTER = 0.2;
/** A receiver cannot ask for a longer pause. */
const MAX_RETRY_AFTER_MS = 24 * HOUR_MS;

/**
 * The pause before the next attempt; null when the failed attempt was the last one.
 * @param attempt the number of the attempt that failed, from 1
 * @param retryAfterMs what the receiver asked for; the pause is not shorter
 * @param random returns a number from 0 up to, but not including, 1
 */
export function nextAttemptDelayMs(
  attempt: number,
  retryAfterMs: number | null,
  random: () => number,
  schedule: readonly number[] = DELIVERY_SCHEDULE_MS,
): number | null {
  const pauseMs = schedule[attempt];
  if (pauseMs === undefined) return null;
  const jittered = pauseMs * (1 - JITTER + 2 * JITTER * random());
  return Math.round(Math.max(jittered, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)));
}
