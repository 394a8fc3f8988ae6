import type { OutboxLog } from '../../domain/outbox/outbox-queue.ts';
import { changedUsers } from '../after-commit.ts';
import { createOutboxTail, type OutboxTail } from './tail-outbox.ts';

interface Deps {
  readonly log: OutboxLog;
  readonly monotonicMs: () => number;
  /** Removes the cached copies of a user, or schedules that for later. Must not reject. */
  readonly invalidateUser: (userId: string) => Promise<unknown>;
  /** Life of a cached copy, in milliseconds: no copy is older. */
  readonly copyTtlMs: number;
}

/** Longer than a transaction takes. After a later commit, only the process that committed invalidates the copies. */
const GAP_MS = 10_000;
/** Covers clocks that differ, and copies that were loaded before a change and stored after it. */
const MARGIN_MS = 60_000;
/** Pages of one run; a long backlog takes several runs. */
const MAX_PAGES = 20;

/**
 * Invalidates every changed user once more, by the events of the outbox: the process that committed a change may have
 * died before it invalidated the copies. The first run starts at the age of the oldest possible copy, and each further
 * run continues after the last. Every instance does this, whether or not events are published.
 */
export function createInvalidateChangedUsers(deps: Deps): () => Promise<void> {
  const { log, monotonicMs, invalidateUser } = deps;
  let tail: OutboxTail | null = null;

  return async () => {
    tail ??= createOutboxTail({
      log,
      monotonicMs,
      afterPosition: await log.findPositionBefore(deps.copyTtlMs + MARGIN_MS),
      gapMs: GAP_MS,
    });
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const events = await tail.next();
      if (events.length === 0) return;
      await Promise.all([...changedUsers(events)].map(invalidateUser));
    }
  };
}
