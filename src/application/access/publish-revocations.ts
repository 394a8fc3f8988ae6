import type { Logger } from '../../domain/ports.ts';
import type {
  RevocationEntry,
  RevocationFeed,
  SequencedRevocation,
} from '../../domain/session/revocation-feed.ts';
import {
  type RevocationStream,
  type RevocationStreamState,
  revocationKey,
} from '../../domain/session/revocation-stream.ts';
import { backoffDelayMs } from '../../lib/backoff.ts';
import { createOutageLog } from '../../lib/outage-log.ts';
import { positionAt, writePosition } from '../outbox/feed-position.ts';

interface Deps {
  readonly feed: RevocationFeed;
  readonly stream: RevocationStream;
  /** Whether this instance is the one that publishes what all instances revoke. */
  readonly isLeader: () => boolean;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
}

/** Totals count from the start of the process. */
export interface RevocationPublisherStats {
  readonly published: Readonly<Record<'commit' | 'feed', number>>;
  /** Attempts without an acknowledgement. Those of commits are made up for from the feed. */
  readonly failed: Readonly<Record<'commit' | 'feed', number>>;
}

export interface RevocationPublisher {
  /** Sends revocations right after their commit. Does not wait, and never throws. */
  announce(entries: readonly RevocationEntry[]): void;
  /**
   * Prepares the stream; on the leader, publishes what was revoked since the last run, and sends the heartbeat.
   * @throws when it failed, and for a while afterwards, which grows up to 2 s
   */
  run(): Promise<void>;
  stats(): RevocationPublisherStats;
}

/** Entries that wait for their acknowledgement at the same time. */
const PAGE = 500;
const NUMBERED_AT_ONCE = 2_000;
const HEARTBEAT_MS = 1_000;
const BACKOFF = { firstMs: 250, maxMs: 2_000 };

/** Where the leader is in the feed. */
interface Place {
  readonly sequence: number;
  readonly rowId: string | null;
}

const START: Place = { sequence: 0, rowId: null };

/**
 * Publishes revocations to the stream in two ways. The instance that revokes sends its own at once and forgets them. The
 * leader, which is the instance that publishes events, reads the feed and sends everything in its order: what a dead
 * instance left, what a trigger revoked, and once more what was announced. Both send the same message, which replaces
 * itself, so the order does not matter and nothing has to be remembered.
 *
 * The leader compares the whole set with the stream at the start of its leadership, after each change of the connection,
 * and when the stream was created again or went back (restored from an older copy), and adds what is missing. It does so
 * as well when the feed went back: another copy of the database has other revocations.
 */
export function createRevocationPublisher(deps: Deps): RevocationPublisher {
  const { feed, stream, isLeader, monotonicMs, logger } = deps;
  const published = { commit: 0, feed: 0 };
  const failed = { commit: 0, feed: 0 };
  const announcing = createOutageLog({
    onOutage: (error) => logger.warn('could not announce revocations', { error }),
    onRecovery: () => logger.info('revocations are announced again'),
  });
  /** Null while the stream has to be compared with the whole set. */
  let place: Place | null = null;
  let seen: RevocationStreamState | null = null;
  let beatAtMs = Number.NEGATIVE_INFINITY;
  let waiting = 0;
  let comparisons = 0;
  /** Of the connection; what was found out on an earlier one does not count. */
  let changes = 0;
  /** The stream is there: an account without rights to it sends nothing. */
  let isPrepared = false;
  let failure: {
    readonly error: unknown;
    readonly retryAtMs: number;
    readonly count: number;
  } | null = null;
  stream.onChange(() => {
    changes += 1;
    isPrepared = false;
    place = null;
    failure = null;
  });

  /** On every instance: all of them announce. */
  async function prepare(): Promise<RevocationStreamState> {
    const changesBefore = changes;
    const state = await stream.prepare();
    isPrepared = changes === changesBefore;
    return state;
  }

  async function publish(entry: RevocationEntry, again?: 'again'): Promise<void> {
    try {
      await stream.publish(entry, again);
      published.feed += 1;
    } catch (error) {
      failed.feed += 1;
      throw error;
    }
  }

  /** Sends a page, and waits for all of it even if a part fails. */
  async function publishAll(entries: readonly RevocationEntry[], again?: 'again'): Promise<void> {
    const results = await Promise.allSettled(entries.map((entry) => publish(entry, again)));
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  /** @returns null when the feed went back */
  async function publishFrom(
    start: Place,
    select: (entry: SequencedRevocation) => boolean,
    again?: 'again',
  ): Promise<Place | null> {
    let after = start;
    for (;;) {
      const { numbered, newest } = await feed.number(NUMBERED_AT_ONCE);
      if (newest === after.sequence) return after;
      const window = { after: after.sequence, through: null, limit: PAGE };
      const slice = await feed.list(window);
      const isOther =
        after.rowId !== null && slice.afterId !== null && slice.afterId !== after.rowId;
      if (slice.last < after.sequence || isOther) return null;
      await publishAll(slice.entries.filter(select), again);
      const last = slice.entries.at(-1);
      if (slice.entries.length === PAGE && last !== undefined) {
        after = { sequence: last.sequence, rowId: last.rowId };
      } else {
        after = { sequence: slice.last, rowId: slice.lastId };
        if (numbered < NUMBERED_AT_ONCE) return after;
      }
    }
  }

  async function compareAll(): Promise<Place | null> {
    comparisons += 1;
    seen = await prepare();
    const present = await stream.listKeys();
    // What a session's entry says never changes. The others may be there with an earlier second.
    const isMissing = (entry: SequencedRevocation) =>
      entry.kind !== 'session' || !present.has(revocationKey(entry));
    return publishFrom(START, isMissing, 'again');
  }

  async function beat({ sequence, rowId }: Place): Promise<void> {
    if (monotonicMs() - beatAtMs < HEARTBEAT_MS) return;
    const state = await stream.readState();
    if (state.created !== seen?.created || state.lastSequence < seen.lastSequence) {
      place = null;
      return;
    }
    seen = state;
    beatAtMs = monotonicMs();
    const position = writePosition(positionAt(sequence, rowId));
    stream.beat({ position, comparisons, lastSequence: state.lastSequence });
  }

  return {
    announce(entries) {
      if (!isPrepared || !stream.isAvailable() || waiting + entries.length > 2 * PAGE) return;
      for (const entry of entries) {
        waiting += 1;
        stream
          .publish(entry)
          .then(
            () => {
              published.commit += 1;
              announcing.succeeded();
            },
            (error: unknown) => {
              failed.commit += 1;
              announcing.failed(error);
            },
          )
          .finally(() => {
            waiting -= 1;
          });
      }
    },
    async run() {
      if (failure !== null && monotonicMs() < failure.retryAtMs) throw failure.error;
      const count = failure === null ? 1 : failure.count + 1;
      try {
        await runOnce();
        failure = null;
      } catch (error) {
        failure = { error, count, retryAtMs: monotonicMs() + backoffDelayMs(count, BACKOFF) };
        throw error;
      }
    },
    stats: () => ({ published: { ...published }, failed: { ...failed } }),
  };

  async function runOnce(): Promise<void> {
    if (!stream.isAvailable()) {
      place = null;
      return;
    }
    if (!isLeader()) {
      place = null;
      if (!isPrepared) await prepare();
      return;
    }
    const changesBefore = changes;
    const from = place;
    // Kept only if all goes well: otherwise the next run compares everything.
    place = null;
    const reached = from === null ? await compareAll() : await publishFrom(from, () => true);
    if (changes !== changesBefore) return;
    place = reached;
    if (reached !== null) await beat(reached);
  }
}
