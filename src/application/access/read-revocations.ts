import { overloaded, revocationsGone } from '../../domain/rejections.ts';
import type {
  RevocationEntry,
  RevocationFeed,
  RevocationSlice,
} from '../../domain/session/revocation-feed.ts';
import { createBatcher } from '../../lib/batcher.ts';
import type { Semaphore } from '../../lib/semaphore.ts';
import { type FeedPosition, positionAt } from '../outbox/feed-position.ts';
import type { FeedSignal } from '../outbox/feed-signal.ts';
import type { Caller } from './caller.ts';
import { requireScope } from './policy.ts';

export interface ReadRevocationsPorts {
  readonly revocationFeed: RevocationFeed;
  /** Tells that further revocations have numbers. */
  readonly revocationSignal: FeedSignal;
  /** Bounds the reads at the same time. */
  readonly revocationReads: Semaphore;
  /** Bounds the callers that wait, or read the whole set, at the same time. */
  readonly revocationConnections: Semaphore;
}

export interface RevocationPage {
  readonly entries: readonly RevocationEntry[];
  /** Where the next page begins. */
  readonly position: FeedPosition;
  /** The newest number at the time of reading. */
  readonly newest: number;
  readonly isAtEnd: boolean;
}

/** All revocations of one moment. */
export interface RevocationSet {
  /** Where to go on from after the whole set. */
  readonly position: FeedPosition;
  /** Reads the set page by page, as the caller takes them. */
  pages(): AsyncGenerator<readonly RevocationEntry[]>;
}

export type ReadRevocations = ReturnType<typeof createReadRevocations>;

/** Entries that one statement reads. */
const PAGE = 1_000;
/** Revocations that a read numbers, so that it sees what was committed before it. */
const NUMBERED_AT_ONCE = 2_000;
/** Callers of one turn; further ones are read apart. */
const MAX_SHARING = 1_000;
/** Until a place may be free. */
const BUSY_SECONDS = 5;
const START: FeedPosition = { sequence: 0, check: null };

/** Lets services that verify tokens by themselves learn which ones are void. */
export function createReadRevocations(ports: ReadRevocationsPorts) {
  const { revocationFeed: feed, revocationSignal, revocationReads, revocationConnections } = ports;

  async function inTurn<T>(read: () => Promise<T>): Promise<T> {
    const release = await revocationReads.acquire();
    if (release === null) throw overloaded('Too many readers of revocations. Try again later.');
    try {
      return await read();
    } finally {
      release();
    }
  }

  async function readSlice(after: number): Promise<RevocationSlice> {
    const window = { after, through: null, limit: PAGE };
    const slice = await feed.list(window);
    // A caller that gets entries comes back at once for what follows.
    if (slice.entries.length > 0) return slice;
    const { numbered } = await feed.number(NUMBERED_AT_ONCE);
    return numbered > 0 ? feed.list(window) : slice;
  }

  /**
   * Callers that wait for the same revocation wake together, and come back together. They share one read, which begins
   * after the last of their calls.
   */
  const readShared = createBatcher<number, { readonly slice: Promise<RevocationSlice> }>(
    async (sequences, resolve) => {
      const slices = new Map<number, Promise<RevocationSlice>>();
      for (const [index, after] of sequences.entries()) {
        const slice = slices.get(after) ?? inTurn(() => readSlice(after));
        slices.set(after, slice);
        resolve(index, { slice });
      }
    },
    MAX_SHARING,
  );

  /** The set is what has numbers at its start: all numbers, so that nothing is missing from the set and after it. */
  async function findEnd(): Promise<FeedPosition> {
    for (;;) {
      const { numbered, newest } = await feed.number(NUMBERED_AT_ONCE);
      if (numbered === NUMBERED_AT_ONCE) continue;
      const { last, lastId } = await feed.list({ after: newest, through: null, limit: 1 });
      return positionAt(last, lastId);
    }
  }

  return {
    /**
     * Reads the revocations behind a position, at most 1,000. What was committed before the call is there, or behind the
     * page.
     * @throws DomainError `unauthenticated`, `forbidden`, `position_gone`, `overloaded`
     */
    async read(caller: Caller, after: FeedPosition): Promise<RevocationPage> {
      requireScope(caller, 'tokens:introspect');
      const slice = await (await readShared(after.sequence)).slice;
      assertReadable(after, slice);
      const { entries, last, lastId } = slice;
      const newest = entries.at(-1);
      const isAtEnd = entries.length < PAGE || newest === undefined;
      const position = isAtEnd
        ? positionAt(last, lastId)
        : positionAt(newest.sequence, newest.rowId);
      return { entries, position, newest: last, isAtEnd };
    },
    /**
     * Begins to read the revocations that concern valid tokens.
     * @throws DomainError `unauthenticated`, `forbidden`, `overloaded`
     */
    async readAll(caller: Caller): Promise<RevocationSet> {
      requireScope(caller, 'tokens:introspect');
      const position = await inTurn(findEnd);
      const through = position.sequence;
      return {
        position,
        async *pages() {
          let after = START.sequence;
          for (;;) {
            const window = { after, through, limit: PAGE };
            const { entries } = await inTurn(() => feed.list(window));
            yield entries;
            const last = entries.at(-1);
            if (last === undefined || entries.length < PAGE) return;
            after = last.sequence;
          }
        },
      };
    },
    /** Waits until revocations have numbers behind `newest`, or the time is over, or the signal aborts. */
    wait: (newest: number, timeoutMs: number, signal: AbortSignal): Promise<void> =>
      revocationSignal.wait(newest, timeoutMs, signal),
    /**
     * Takes one of the places for callers that wait or read the whole set.
     * @returns the function that gives it back
     * @throws DomainError `overloaded`, `unauthenticated`, `forbidden`
     */
    async connect(caller: Caller): Promise<() => void> {
      requireScope(caller, 'tokens:introspect');
      const release = await revocationConnections.acquire();
      if (release === null) {
        throw overloaded('Too many callers wait for revocations. Try again later.', BUSY_SECONDS);
      }
      return release;
    },
  };
}

/**
 * A position whose revocation is not kept any more says nothing about the database that it is from. A bare number is not
 * checked, and what was deleted behind it concerns no valid token.
 * @throws DomainError `position_gone`
 */
function assertReadable({ sequence, check }: FeedPosition, slice: RevocationSlice): void {
  const isOther = check !== null && positionAt(sequence, slice.afterId).check !== check;
  if (sequence > slice.last || isOther) throw revocationsGone();
}
