import type { RecordedEvent } from '../events.ts';

/** The right to publish, until it expires or somebody else takes it with a higher epoch. */
export interface RelayLease {
  readonly epoch: number;
}

/** What was last known of the stream: marks say which events it holds. */
export interface KnownStream {
  readonly name: string;
  /** As the broker writes it; another time is another stream, whatever its name. */
  readonly created: string;
  /** The highest sequence that was acknowledged and marked. */
  readonly sequence: number;
}

/** An event that waits to be published: the first one of its user. */
export interface WaitingEvent extends RecordedEvent {
  /** Commit order within a user. */
  readonly position: string;
  /** The user's id, or the nil UUID for events without a user: one event of a key is in flight at a time. */
  readonly userKey: string;
  /** Refused attempts so far. */
  readonly attempts: number;
  /** Milliseconds since the event happened: it cannot have been sent before that. */
  readonly ageMs: number;
}

/** What waits, as far as it was looked at. */
export interface ClaimedEvents {
  readonly events: readonly WaitingEvent[];
  /** Events behind these were not looked at: other users may have one. */
  readonly mayHaveMore: boolean;
}

/** An event and its place in the stream. */
export interface PublishedMark {
  readonly id: string;
  readonly sequence: number;
}

/** The events that wait, as the holder of the lease sees them. Whatever changes them names the lease. */
export interface OutboxQueue {
  /** @returns null while somebody else holds the lease. */
  acquireLease(
    holder: string,
    ttlMs: number,
  ): Promise<{ readonly lease: RelayLease; readonly stream: KnownStream | null } | null>;
  /** @returns false when the lease is lost. A time of 0 gives it up. */
  renewLease(holder: string, lease: RelayLease, ttlMs: number): Promise<boolean>;
  /** @throws LeaseLost */
  recordStream(lease: RelayLease, stream: KnownStream): Promise<void>;
  /**
   * The first waiting event of each user who is neither busy nor held back by an event that failed or is parked, in
   * the order of their positions. Looks at the `limit` oldest waiting events and gives at most as many.
   */
  claim(busyUserKeys: readonly string[], limit: number): Promise<ClaimedEvents>;
  /** @throws LeaseLost when nothing was marked because somebody else publishes now. */
  markPublished(lease: RelayLease, marks: readonly PublishedMark[]): Promise<void>;
  /** Holds the user's events back for a while, or until an operator decides. @throws LeaseLost */
  markFailed(
    lease: RelayLease,
    failure: {
      readonly id: string;
      readonly reason: string;
      readonly delayMs: number;
      readonly deadLetter: boolean;
    },
  ): Promise<void>;
  /**
   * Makes published events wait again whose sequence is above `afterSequence`, at most `limit` of them.
   * @returns how many. @throws LeaseLost
   */
  resetPublished(lease: RelayLease, afterSequence: number, limit: number): Promise<number>;
}

/** The lease was taken by somebody else: whatever was to be changed is not. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';

  constructor() {
    super('another instance publishes now');
  }
}

/** A dead letter: an event that the broker refused too often. */
export interface DeadEvent {
  readonly id: string;
  readonly userId: string | null;
  readonly type: string;
  /** When the event happened. */
  readonly time: Date;
  readonly deadAt: Date;
  readonly attempts: number;
  readonly lastError: string | null;
  /** Later events of the same user, which wait for this one. */
  readonly waitingBehind: number;
}

/** How much waits. */
export interface OutboxBacklog {
  /** Dead letters included; counted up to 100,000. */
  readonly waiting: number;
  readonly deadLetters: number;
  /** Age of the oldest event that waits and is not a dead letter; 0 when there is none. */
  readonly oldestAgeMs: number;
}

/** What metrics and the housekeeping do with the outbox. */
export interface OutboxAdministration {
  findBacklog(): Promise<OutboxBacklog>;
  /** Removes published events older than this, at most `limit`. @returns how many. */
  deletePublished(retentionMs: number, limit: number): Promise<number>;
}

/** An event of the log with its place in it. */
export interface LoggedEvent extends RecordedEvent {
  readonly position: number;
}

/** All events that the outbox holds, published or not. Positions become visible in another order than they are given. */
export interface OutboxLog {
  findLastPosition(): Promise<number>;
  /** The last position of the events that are older than so many milliseconds, 0 when there is none. */
  findPositionBefore(ageMs: number): Promise<number>;
  list(afterPosition: number, limit: number): Promise<readonly LoggedEvent[]>;
}
