import type {
  EventFeed,
  EventNumbering,
  FeedSlice,
  SequencedEvent,
} from '../../domain/outbox/event-feed.ts';
import { overloaded, positionGone } from '../../domain/rejections.ts';
import type { Semaphore } from '../../lib/semaphore.ts';
import type { Caller } from '../access/caller.ts';
import { requireScope } from '../access/policy.ts';
import { type FeedPosition, positionAt } from './feed-position.ts';
import type { FeedSignal } from './feed-signal.ts';

export interface FeedPorts {
  readonly eventFeed: EventFeed;
  readonly eventNumbering: EventNumbering;
  readonly feedSignal: FeedSignal;
  /** Bounds the reads of the feed at the same time. */
  readonly feedReads: Semaphore;
  /** Bounds the callers that wait for events at the same time. */
  readonly feedConnections: Semaphore;
}

export interface FeedSelection {
  /** `oldest` for all that is kept, `latest` for what comes from now on. */
  readonly after: FeedPosition | 'oldest' | 'latest';
  /** At most this many events are returned; a page has at most 500. */
  readonly limit: number;
  /** Null for all. */
  readonly types: readonly string[] | null;
  /** Null for all. */
  readonly userId: string | null;
}

export interface FeedPage {
  readonly events: readonly SequencedEvent[];
  /** Where the next page begins. With a filter it lies behind events that do not match. */
  readonly position: FeedPosition;
  /** The newest number at the time of reading. */
  readonly newest: number;
  /** No more events were numbered at the time of reading. */
  readonly isAtEnd: boolean;
}

/** `models/snapshot-then-follow.pml` is the protocol of a consumer that fills a copy and then reads here. */
const MAX_EVENTS = 500;
/** Numbers that one statement with a filter looks at. */
const FILTERED_WINDOW = 5_000;
/** Events that a read numbers, so that it sees what was committed before it. */
const NUMBERED_AT_ONCE = 2_000;

export function createFeedUseCases(ports: FeedPorts) {
  const { eventFeed, eventNumbering, feedSignal, feedReads, feedConnections } = ports;

  async function findStart(after: FeedSelection['after']): Promise<FeedPosition> {
    if (typeof after === 'object') return after;
    await eventNumbering.number(NUMBERED_AT_ONCE);
    const { first, last, lastId } = await eventFeed.findBounds();
    return after === 'latest' ? positionAt(last, lastId) : positionAt(first - 1, null);
  }

  async function readSlice(after: FeedPosition, selection: FeedSelection): Promise<FeedPage> {
    const limit = Math.min(selection.limit, MAX_EVENTS);
    const { types, userId } = selection;
    const window = types === null && userId === null ? limit : FILTERED_WINDOW;
    const request = { after: after.sequence, window, limit, types, userId };
    let slice = await eventFeed.list(request);
    if (slice.last - after.sequence <= window) {
      const { numbered } = await eventNumbering.number(NUMBERED_AT_ONCE);
      if (numbered > 0) slice = await eventFeed.list(request);
    }
    assertReadable(after, slice);
    const position = endOf(slice, request);
    const { events, last } = slice;
    return { events, position, newest: last, isAtEnd: position.sequence >= last };
  }

  async function inTurn<T>(read: () => Promise<T>): Promise<T> {
    const release = await feedReads.acquire();
    if (release === null) throw overloaded('Too many readers of events. Try again later.');
    try {
      return await read();
    } finally {
      release();
    }
  }

  return {
    /**
     * Reads events in the order of their numbers. What was committed before the call is there, unless a long backlog
     * waits for numbers.
     * @throws DomainError `unauthenticated`, `forbidden`, `position_gone`, `overloaded`
     */
    async read(caller: Caller, selection: FeedSelection): Promise<FeedPage> {
      requireScope(caller, 'events:read');
      return inTurn(async () => readSlice(await findStart(selection.after), selection));
    },
    /** Waits until events have numbers behind `newest`, or the time is over, or the signal aborts. */
    wait: (newest: number, timeoutMs: number, signal: AbortSignal): Promise<void> =>
      feedSignal.wait(newest, timeoutMs, signal),
    /**
     * Takes one of the places for callers that wait.
     * @returns the function that gives it back
     * @throws DomainError `overloaded`, `unauthenticated`, `forbidden`
     */
    async connect(caller: Caller): Promise<() => void> {
      requireScope(caller, 'events:read');
      const release = await feedConnections.acquire();
      if (release === null) {
        throw overloaded('Too many callers wait for events. Try again later.', BUSY_SECONDS);
      }
      return release;
    },
  };
}

/** Until a place may be free. */
const BUSY_SECONDS = 5;

/** @throws DomainError `position_gone` */
function assertReadable({ sequence, check }: FeedPosition, slice: FeedSlice): void {
  const isOther =
    check !== null && slice.afterId !== null && positionAt(sequence, slice.afterId).check !== check;
  if (sequence + 1 < slice.first || sequence > slice.last || isOther) {
    throw positionGone(String(slice.first - 1));
  }
}

function endOf(
  { events, last, windowId }: FeedSlice,
  {
    after,
    window,
    limit,
  }: { readonly after: number; readonly window: number; readonly limit: number },
): FeedPosition {
  const newest = events.at(-1);
  if (newest !== undefined && events.length === limit)
    return positionAt(newest.sequence, newest.id);
  return positionAt(Math.min(after + window, last), windowId);
}
