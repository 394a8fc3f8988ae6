import type { LoggedEvent, OutboxLog } from '../../domain/outbox/outbox-queue.ts';

/** Reads on from where it is. */
export interface OutboxFollower {
  /** What became visible since the last call, at most a page of it; within a user in commit order. */
  next(): Promise<readonly LoggedEvent[]>;
}

interface Deps {
  readonly log: Pick<OutboxLog, 'list'>;
  /** A clock that only goes forward, in milliseconds. */
  readonly monotonicMs: () => number;
  /** The position to begin after. */
  readonly afterPosition: number;
  /** How long a missing position may still appear: longer than any transaction lives. A minute by default. */
  readonly gapMs?: number;
}

const GAP_MS = 60_000;
const PAGE = 500;

/**
 * Follows the outbox without missing what commits late: positions are given before the commit, so a position that is
 * missing may still appear. It reads again from the first such gap on, until the gap is so old that its transaction
 * must have been rolled back.
 */
export function createOutboxFollower(deps: Deps): OutboxFollower {
  const { log, monotonicMs, gapMs = GAP_MS } = deps;
  /** Everything up to here was given, or never was. */
  let floor = deps.afterPosition;
  /** Given, above the floor; as many as come while a gap stays open. */
  const given = new Set<number>();
  /** Since when the position after the floor is missing. */
  let gapSinceMs: number | null = null;

  function raiseFloor(): void {
    while (given.delete(floor + 1)) {
      floor += 1;
      gapSinceMs = null;
    }
    if (given.size === 0) return;
    gapSinceMs ??= monotonicMs();
    if (monotonicMs() - gapSinceMs < gapMs) return;
    floor = Math.min(...given) - 1;
    gapSinceMs = null;
    raiseFloor();
  }

  return {
    async next() {
      const fresh: LoggedEvent[] = [];
      let after = floor;
      for (;;) {
        const page = await log.list(after, PAGE);
        fresh.push(...page.filter(({ position }) => !given.has(position)));
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE || fresh.length > 0) break;
        after = last.position;
      }
      for (const { position } of fresh) given.add(position);
      raiseFloor();
      return fresh;
    },
  };
}
