import type { RecordedEvent } from '../events.ts';

/** An event with its number. */
export interface SequencedEvent extends RecordedEvent {
  readonly sequence: number;
}

/** Committed events that have no number yet. */
export interface NumberingBacklog {
  /** Counted up to 100,000. */
  readonly waiting: number;
  /** Since the change of the oldest of them; 0 when none waits. */
  readonly oldestAgeMs: number;
}

/** Gives committed events their numbers: without gaps, ascending in commit order, and within a user by its versions. */
export interface EventNumbering {
  /**
   * Numbers at most `limit` events. Several instances may call it at once: they take turns.
   * @returns how many got a number, and the newest number, 0 before the first
   */
  number(limit: number): Promise<{ readonly numbered: number; readonly newest: number }>;
  findBacklog(): Promise<NumberingBacklog>;
}

/** Which events behind a number are read. */
export interface FeedWindow {
  readonly after: number;
  /** How many numbers are looked at. */
  readonly window: number;
  /** How many events are returned at most. */
  readonly limit: number;
  /** Null for all types. */
  readonly types: readonly string[] | null;
  readonly userId: string | null;
}

/** Bounds of the feed, all of one moment. */
export interface FeedBounds {
  /** All numbered events from here on are kept. */
  readonly first: number;
  /** The newest number, 0 before the first. */
  readonly last: number;
}

export interface FeedSlice extends FeedBounds {
  /** Ascending. */
  readonly events: readonly SequencedEvent[];
  /** The id of the event at `after`; null when it is not kept. */
  readonly afterId: string | null;
  /** The id of the event at the end of the window; null when it is not kept. */
  readonly windowId: string | null;
}

/** All numbered events, published or not. */
export interface EventFeed {
  findBounds(): Promise<FeedBounds & { readonly lastId: string | null }>;
  list(window: FeedWindow): Promise<FeedSlice>;
}
