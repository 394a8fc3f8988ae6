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
  /** So long after the first failure in a row the last error is thrown. */
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

/** Failures in a row, and how long they last. */
export interface Outage {
  /**
   * Pauses before the next attempt; the pauses grow.
   * @param minMs - the shortest pause
   * @throws the error when the outage lasts too long or the signal aborts
   */
  pause(error: unknown, minMs?: number): Promise<void>;
  /** Something succeeded. */
  end(): void;
}

export function createOutage(
  { signal, maxOutageMs, onRetry }: Retrying,
  pauses: RetryPolicy = PAUSES,
): Outage {
  let attempt = 0;
  let beganMs: number | null = null;
  return {
    async pause(error, minMs = 0) {
      beganMs ??= performance.now();
      const leftMs = maxOutageMs - (performance.now() - beganMs);
      if (leftMs <= 0 || signal.aborted) throw error;
      attempt += 1;
      // A long `Retry-After` does not make the outage longer than it may be.
      const delayMs = Math.min(Math.max(backoffMs(attempt, pauses), minMs), leftMs);
      onRetry?.({ error, attempt, delayMs });
      await pause(delayMs, signal);
      if (signal.aborted) throw error;
    },
    end() {
      attempt = 0;
      beganMs = null;
    },
  };
}

/**
 * Repeats the work while it throws `Transient`, with growing pauses.
 * @throws the last error when the outage lasts too long or the signal aborts, and every other error at once
 */
export async function untilItWorks<T>(work: () => Promise<T>, retrying: Retrying): Promise<T> {
  const outage = createOutage(retrying);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Transient)) throw error;
      await outage.pause(error, error.retryAfterMs);
    }
  }
}
