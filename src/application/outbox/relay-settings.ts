/** How the relay paces itself; times in milliseconds. */
export interface RelaySettings {
  /** How long a dead relay keeps the others waiting. */
  readonly leaseTtlMs: number;
  readonly renewEveryMs: number;
  /** Between two tries for the lease. */
  readonly standbyMs: number;
  /** Between two looks for events that nobody announced. */
  readonly pollMs: number;
  /** After a failure of the database or the broker. */
  readonly retryMs: number;
  /** How often the stream is compared with the marks, besides after each disturbance. */
  readonly compareEveryMs: number;
  /** How long acknowledgements gather before they are marked together. */
  readonly gatherMs: number;
  /** Events on their way at once, each of another user. */
  readonly maxInFlight: number;
  /** A refused event is parked after this many attempts. */
  readonly maxAttempts: number;
  /** Before the second attempt; doubled before each later one, up to a minute. */
  readonly backOffMs: number;
}

/** What the service runs with. */
export const RELAY_DEFAULTS: RelaySettings = {
  leaseTtlMs: 4_000,
  renewEveryMs: 1_000,
  standbyMs: 500,
  pollMs: 250,
  retryMs: 500,
  compareEveryMs: 30_000,
  gatherMs: 20,
  maxInFlight: 512,
  maxAttempts: 10,
  backOffMs: 500,
};
