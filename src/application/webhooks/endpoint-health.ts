import { type Backoff, backoffDelayMs } from '../../lib/backoff.ts';

/** So many failures without a success pause the endpoint between further attempts, which are single ones then. */
export const CIRCUIT_FAILURES = 5;
/** An endpoint is disabled when every attempt of such a time failed. */
export const FAILING_DISABLES_MS = 5 * 24 * 3_600_000;

const CIRCUIT_PAUSES: Backoff = { firstMs: 10_000, maxMs: 300_000, jitter: 0.2 };
/** The receiver, or a proxy before it, has too much to do. */
const BUSY_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const BUSY_PAUSES: Backoff = { firstMs: 5_000, maxMs: 300_000, jitter: 0.2 };
/** A receiver can stop the whole endpoint for no longer. */
const MAX_RETRY_AFTER_MS = 3_600_000;

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/**
 * How long no attempt of the endpoint begins; null for no pause.
 * @param failures failed attempts since the last success, this one included
 * @param status null without a response
 */
export function endpointPauseMs(
  failures: number,
  status: number | null,
  retryAfterMs: number | null,
  random: () => number,
): number | null {
  if (status !== null && BUSY_STATUSES.has(status)) {
    const asked = Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
    return Math.round(Math.max(asked, backoffDelayMs(failures, BUSY_PAUSES, random)));
  }
  if (failures < CIRCUIT_FAILURES) return null;
  return Math.round(backoffDelayMs(failures - CIRCUIT_FAILURES + 1, CIRCUIT_PAUSES, random));
}
