/** For metrics and health. Totals count from the start of the process. */
export interface RelayStats {
  /** The states are described at `createOutboxRelay`. */
  readonly state: 'publishing' | 'standby' | 'disconnected' | 'blocked' | 'stopped';
  readonly inFlight: number;
  readonly published: number;
  readonly refused: number;
  /** Events whose acknowledgement did not come in time. */
  readonly unknown: number;
  /** Events sent again because the stream had lost them. */
  readonly resent: number;
  /** Messages found in the stream that the database does not know. */
  readonly foreign: number;
  /** From the time of the last acknowledged event to its acknowledgement; null before the first. */
  readonly lagMs: number | null;
  /** Why the last event could not be published, other than a refusal of it; null once one is published. */
  readonly failure: Error | null;
}
