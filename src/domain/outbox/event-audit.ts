/** An event that is marked as published. */
export interface MarkedEvent {
  readonly id: string;
  readonly type: string;
  readonly userId: string | null;
  readonly userVersion: number | null;
  readonly streamSequence: number;
}

/** What the database says about the events in the stream. */
export interface EventAudit {
  findBounds(): Promise<{
    /** Numbers below it are not kept. */
    readonly first: number;
    /** Numbers below it may belong to the history before the last restore; 0 without one. */
    readonly restored: number;
    /** Unpublished events, counted up to 100,000. */
    readonly waiting: number;
  }>;
  /** The marked places of those events that are kept, by id; null for an event without a mark. */
  findMarks(ids: readonly string[]): Promise<ReadonlyMap<string, number | null>>;
  /** Events marked in a range of the stream, at most 1,000. */
  listMarked(first: number, last: number): Promise<readonly MarkedEvent[]>;
  /** Events marked before a sequence and not longer ago than `maxAgeMs`, counted up to 100,000. */
  countMarkedBefore(sequence: number, maxAgeMs: number | null): Promise<number>;
}

/** A resync that is not finished. */
export interface Restoration {
  /** The version that every user gets. */
  readonly version: number;
  /** The first number of the history after the restore. */
  readonly sequence: number;
  /** Users who registered later have a history of their own. */
  readonly since: Date;
}

/** What a resync after a restore records. */
export interface EventRestorations {
  /** Begins a resync, unless one is unfinished. */
  begin(): Promise<void>;
  /** The unfinished resync, or null. */
  find(): Promise<Restoration | null>;
  finish(): Promise<void>;
  /** Those of the users that exist, or whose deletion waits to be published. */
  listKnownUsers(ids: readonly string[]): Promise<ReadonlySet<string>>;
}
