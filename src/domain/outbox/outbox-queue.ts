import type { RecordedEvent } from '../events.ts';

/** The right to publish, until it expires or another instance acquires it under a higher epoch. */
export interface RelayLease {
  readonly epoch: number;
}

/** The lease as another instance holds it. */
export interface LeaseReading {
  readonly epoch: number;
  /** As the database writes it: a renewal changes it. */
  readonly expiresAt: string;
}

/** The stream as last recorded: the marks of the events say which events it holds. */
export interface KnownStream {
  readonly name: string;
  /** Creation time as the broker writes it; a different time is a different stream, even under the same name. */
  readonly created: string;
  /** The highest marked sequence. */
  readonly sequence: number;
}

/** An unpublished event. */
export interface WaitingEvent extends RecordedEvent {
  /** Commit order within a user. */
  readonly position: string;
  /** The user's id; for an event without a user its own id, since it depends on no other event. */
  readonly userKey: string;
  /** Refused attempts so far. */
  readonly attempts: number;
  /** Milliseconds since the event happened: the earliest time at which it can have been sent. */
  readonly ageMs: number;
}

export interface ClaimedEvents {
  readonly events: readonly WaitingEvent[];
  /** The key after which the next claim goes on; null when no event of a later key waits. */
  readonly next: string | null;
  /** Whether users who are busy have further events. */
  readonly passedBusy: boolean;
}

/** An event and its place in the stream. */
export interface PublishedMark {
  readonly id: string;
  readonly sequence: number;
}

/** The waiting events, for the holder of the lease. Every change names the lease, and is refused once it is lost. */
export interface OutboxQueue {
  /**
   * @param unrenewed a lease that counts as expired, whatever its time says; nothing happens if it was renewed meanwhile
   * @returns null while another instance holds the lease.
   */
  acquireLease(
    holder: string,
    ttlMs: number,
    unrenewed?: LeaseReading | null,
  ): Promise<{ readonly lease: RelayLease; readonly stream: KnownStream | null } | null>;
  findLease(): Promise<LeaseReading | null>;
  /** The stream as last recorded. */
  findStream(): Promise<KnownStream | null>;
  /** A time of 0 releases the lease. @returns false when the lease is lost. */
  renewLease(holder: string, lease: RelayLease, ttlMs: number): Promise<boolean>;
  /** @throws LeaseLost */
  recordStream(lease: RelayLease, stream: KnownStream): Promise<void>;
  /**
   * Numbers committed events, then returns waiting events in the order of their keys, without those of busy users and
   * those held back by a failed event or a dead letter. The events of a user come together, from its first waiting one
   * on, in the order of their positions. Examines at most `limit` or 100 events, whichever is more.
   * @param busy users whose events are in flight, and how many of them wait in the database for their marks
   * @param afterKey null for the first key
   */
  claim(
    busy: ReadonlyMap<string, number>,
    limit: number,
    afterKey: string | null,
  ): Promise<ClaimedEvents>;
  /**
   * Marks events and records the highest sequence, unless a sequence below `knownSequence` is recorded.
   * @param knownSequence the sequence that was last recorded or returned, as far as the caller knows
   * @returns the sequence that is recorded now, or null without marks. Below `knownSequence`, the database was replaced
   *   by one that lacks the last marks, such as a standby.
   * @throws LeaseLost when nothing was marked because another instance publishes now.
   */
  markPublished(
    lease: RelayLease,
    marks: readonly PublishedMark[],
    knownSequence: number,
  ): Promise<number | null>;
  /** Holds the user's events back for `delayMs`, or as a dead letter until an operator decides. @throws LeaseLost */
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
   * Makes published events with a sequence above `afterSequence` wait again, at most `limit` of them.
   * @returns how many. @throws LeaseLost
   */
  resetPublished(lease: RelayLease, afterSequence: number, limit: number): Promise<number>;
  /**
   * Makes published events at these sequences wait again, unless they were published longer ago than `maxAgeMs`.
   * @returns how many. @throws LeaseLost
   */
  resetSequences(
    lease: RelayLease,
    sequences: readonly number[],
    maxAgeMs: number | null,
  ): Promise<number>;
  /**
   * As `resetSequences`, for the sequences from `from` to below `before`, at most `limit` of them.
   * @returns how many. @throws LeaseLost
   */
  resetRange(
    lease: RelayLease,
    range: { readonly from: number; readonly before: number },
    maxAgeMs: number | null,
    limit: number,
  ): Promise<number>;
  /** Whether the event with this id is kept and has a lower position. Any text is allowed as an id. */
  isBefore(id: string, position: string): Promise<boolean>;
  /** The highest position, 0 when there is none. */
  findLastPosition(): Promise<number>;
  /**
   * How many events are marked with a sequence above `after` up to `upTo`, and whether an event up to `position` waits
   * that may be in the stream already.
   */
  countMarked(range: {
    readonly after: number;
    readonly upTo: number;
    readonly position: number;
  }): Promise<{ readonly marked: number; readonly waiting: boolean }>;
}

/** Another instance holds the lease: nothing was changed. */
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

export interface OutboxBacklog {
  /** Dead letters included; counted up to 100,000. */
  readonly waiting: number;
  readonly deadLetters: number;
  /** Age of the oldest event that waits and is not a dead letter; 0 when there is none. */
  readonly oldestAgeMs: number;
}

/** The outbox for metrics and for the deletion of old events. */
export interface OutboxAdministration {
  findBacklog(): Promise<OutboxBacklog>;
  /** Deletes at most `limit` events that were published longer ago than this. @returns how many. */
  deletePublished(retentionMs: number, limit: number): Promise<number>;
  /**
   * Deletes at most `limit` numbered events older than this, published or not, unless a relay of any instance has worked
   * within this time. For services without a broker. @returns how many.
   */
  deleteNumbered(retentionMs: number, limit: number): Promise<number>;
}

export interface LoggedEvent extends RecordedEvent {
  readonly position: number;
}

/** All events in the outbox, published or not. Positions do not become visible in ascending order. */
export interface OutboxLog {
  findLastPosition(): Promise<number>;
  /** The last position of an event older than `ageMs`, 0 when there is none. */
  findPositionBefore(ageMs: number): Promise<number>;
  list(afterPosition: number, limit: number): Promise<readonly LoggedEvent[]>;
}
