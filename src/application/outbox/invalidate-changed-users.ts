import type { OutboxLog } from '../../domain/outbox/outbox-queue.ts';
import { changedUsers } from '../after-commit.ts';
import { createOutboxTail, type OutboxTail } from './tail-outbox.ts';

interface Deps {
  readonly log: OutboxLog;
  /** A clock that only goes forward, in milliseconds. */
  readonly monotonicMs: () => number;
  /** Forgets the copies of a user, or sees to it that it is done later. Must not reject. */
  readonly forget: (userId: string) => Promise<unknown>;
  /** How long a copy lives: what changed before that is in no copy any more. */
  readonly copyTtlMs: number;
}

/** Longer than a transaction takes; for what commits even later, its own process has to forget the copies. */
const GAP_MS = 10_000;
/** For clocks that differ, and for who loaded before a change and filled after it. */
const MARGIN_MS = 60_000;
/** Pages in one run: what a long stop left behind is worked off over several. */
const MAX_PAGES = 20;

/**
 * Forgets every changed user once more, as the outbox tells it: the process that committed a change may have died before
 * it could. It reads on from one run to the next; the first one begins as far back as a copy can live. Every instance does
 * it, whether or not the events are published.
 */
export function createInvalidateChangedUsers(deps: Deps): () => Promise<void> {
  const { log, monotonicMs, forget } = deps;
  let follower: OutboxTail | null = null;

  return async () => {
    follower ??= createOutboxTail({
      log,
      monotonicMs,
      afterPosition: await log.findPositionBefore(deps.copyTtlMs + MARGIN_MS),
      gapMs: GAP_MS,
    });
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const events = await follower.next();
      if (events.length === 0) return;
      await Promise.all([...changedUsers(events)].map(forget));
    }
  };
}
