/** How the relay paces itself; times in milliseconds. */
export interface RelaySettings {
  /** After a relay died, other instances wait this long for its lease to expire. */
  readonly leaseTtlMs: number;
  readonly renewEveryMs: number;
  /** Pause between two attempts to acquire the lease. */
  readonly standbyMs: number;
  /** Pause between two polls for events of which no notification came. */
  readonly pollMs: number;
  /** Pause after a failure of the database or the broker. */
  readonly retryMs: number;
  /** How often the stream is reconciled with the marks, besides after each disturbance. */
  readonly reconcileEveryMs: number;
  /** At least this time lies between the starts of two sweeps of the stream for lost messages. */
  readonly sweepEveryMs: number;
  /** At least this time lies between the starts of two slices of a sweep. */
  readonly sweepSliceEveryMs: number;
  /** At least this time lies between two claims, unless more waits than one of them takes. */
  readonly claimEveryMs: number;
  /** How long the relay collects further acknowledgements after the first, to mark them in one statement. */
  readonly gatherMs: number;
  /** Events sent and not acknowledged. */
  readonly maxInFlight: number;
  /** After this many refused attempts, an event becomes a dead letter. */
  readonly maxAttempts: number;
  /** Delay of a refused event before its second attempt; it doubles with each attempt, up to a minute. */
  readonly backOffMs: number;
}

export const RELAY_DEFAULTS: RelaySettings = {
  leaseTtlMs: 4_000,
  renewEveryMs: 1_000,
  standbyMs: 500,
  pollMs: 250,
  retryMs: 500,
  reconcileEveryMs: 30_000,
  sweepEveryMs: 60_000,
  sweepSliceEveryMs: 250,
  claimEveryMs: 5,
  gatherMs: 10,
  maxInFlight: 512,
  maxAttempts: 10,
  backOffMs: 500,
};
