import type { Logger } from '../domain/ports.ts';

interface Deps {
  /** The wall clock of this instance, in milliseconds since the epoch. */
  readonly wallMs: () => number;
  readonly logger: Logger;
}

/** One reading of the database's clock. */
export interface ClockSample {
  /** Monotonic milliseconds at which the query was sent. */
  readonly beganAtMs: number;
  /** Monotonic milliseconds at which the result arrived; just now. */
  readonly endedAtMs: number;
  /** What the database's clock said in between, in milliseconds since the epoch. */
  readonly databaseTimeMs: number;
}

/** Change of the database's clock against the monotonic one that counts as a step, in milliseconds. */
const STEP_MS = 1_000;
/** Offset beyond which the log warns, in milliseconds. */
const WARN_OFFSET_MS = 5_000;
/** Offset below which a warning is withdrawn; less than the other, so that a drift gives no series of lines. */
const AGREED_OFFSET_MS = 4_000;

export type DatabaseClock = ReturnType<typeof createDatabaseClock>;

/**
 * Compares the clock of the database with those of this instance: with the monotonic one to notice that it was set, and
 * with the wall clock to show how far the two are apart. Half of a round trip is uncertain; that much is never reported
 * as a step or an offset.
 */
export function createDatabaseClock({ wallMs, logger }: Deps) {
  let last: { readonly zeroMs: number; readonly uncertainMs: number } | null = null;
  let offsetMs: number | null = null;
  let warned = false;

  function report(offset: number, uncertainMs: number): void {
    const leastMs = Math.abs(offset) - uncertainMs;
    if (!warned && leastMs > WARN_OFFSET_MS) {
      warned = true;
      logger.warn("the clock differs from the database's", { offset_ms: offset });
    } else if (warned && leastMs < AGREED_OFFSET_MS) {
      warned = false;
      logger.info("the clock agrees with the database's again", { offset_ms: offset });
    }
  }

  return {
    /** @returns `stepped` when the database's clock was set since the previous sample, or another server answers. */
    observe({ beganAtMs, endedAtMs, databaseTimeMs }: ClockSample): 'steady' | 'stepped' {
      const uncertainMs = (endedAtMs - beganAtMs) / 2;
      const zeroMs = databaseTimeMs - (beganAtMs + uncertainMs);
      const isStep =
        last !== null && Math.abs(zeroMs - last.zeroMs) > STEP_MS + uncertainMs + last.uncertainMs;
      last = { zeroMs, uncertainMs };
      offsetMs = Math.round(databaseTimeMs - (wallMs() - uncertainMs));
      report(offsetMs, uncertainMs);
      return isStep ? 'stepped' : 'steady';
    },
    /** The database's clock minus this instance's, in milliseconds, as of the last sample; null before the first. */
    offsetMs: (): number | null => offsetMs,
  };
}
