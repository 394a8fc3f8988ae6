import { backoffMs, type Pauses, pause } from '../lib/backoff.ts';

/** A failure that a later attempt may not have. */
export interface RetryNotice {
  readonly error: unknown;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** The pause before the next one, in milliseconds. */
  readonly delayMs: number;
}

export type RetryPolicy = Pauses;

export interface Retrying {
  /** Ends the pauses, and the attempts. */
  readonly signal: AbortSignal;
  /** After so long without a success the last error is thrown. */
  readonly maxOutageMs: number;
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
}

const PAUSES: RetryPolicy = { firstMs: 250, maxMs: 30_000 };

/** An error that another attempt may not have. */
export class Transient extends Error {
  override readonly name: string = 'Transient';
  /** The shortest pause before the next attempt. */
  readonly retryAfterMs: number;

  constructor(
    message: string,
    { cause, retryAfterMs = 0 }: { cause?: unknown; retryAfterMs?: number } = {},
  ) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Repeats the work while it throws `Transient`, with growing pauses.
 * @throws the last error when the outage lasts too long or the signal aborts, and every other error at once
 */
export async function untilItWorks<T>(work: () => Promise<T>, retrying: Retrying): Promise<T> {
  const beganMs = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const isOver = performance.now() - beganMs > retrying.maxOutageMs;
      if (!(error instanceof Transient) || isOver || retrying.signal.aborted) throw error;
      const delayMs = Math.max(backoffMs(attempt, PAUSES), error.retryAfterMs);
      retrying.onRetry?.({ error, attempt, delayMs });
      await pause(delayMs, retrying.signal);
      if (retrying.signal.aborted) throw error;
    }
  }
}
