import type { LoggedEvent, OutboxLog } from '../../domain/outbox/outbox-queue.ts';

/** Reads the outbox in steps. */
export interface OutboxTail {
  /** Events that became visible since the last call: late ones and at most one page. Within a user, in commit order. */
  next(): Promise<readonly LoggedEvent[]>;
  /** A tail that starts after this position gets every event that this one has not returned yet. */
  checkpoint(): number;
}

interface Deps {
  readonly log: Pick<OutboxLog, 'list'>;
  readonly monotonicMs: () => number;
  readonly afterPosition: number;
  /** How long a missing position may still appear, in milliseconds: longer than any transaction. A minute by default. */
  readonly gapMs?: number;
}

/** The missing positions between two others. */
interface Gap {
  readonly after: number;
  readonly before: number;
  /** When the gap was first seen, by the monotonic clock. */
  readonly sinceMs: number;
  /** Time of the event after the gap, whose position was assigned later than the missing ones. */
  readonly timeMs: number;
}

const GAP_MS = 60_000;
const PAGE = 500;
/** Gaps that are watched; beyond it, the oldest are assumed to be rolled-back transactions. */
const MAX_GAPS = 1_000;

/**
 * Tails the outbox without missing events that commit late. Positions are assigned before the commit, so a missing
 * position may still appear. The tail reads gaps again until their transactions must have been rolled back, by its own
 * clock or by the times of the events around them.
 */
export function createOutboxTail(deps: Deps): OutboxTail {
  const { log, monotonicMs, gapMs = GAP_MS } = deps;
  let highest = deps.afterPosition;
  let newestMs = Number.NEGATIVE_INFINITY;
  let gaps: readonly Gap[] = [];

  const isMissing = ({ position }: LoggedEvent): boolean =>
    gaps.some(({ after, before }) => after < position && position < before);

  /** Called after the newer events were read: earlier commits of the same users are visible by then. */
  async function readMissing(): Promise<readonly LoggedEvent[]> {
    const found: LoggedEvent[] = [];
    let readTo = Number.NEGATIVE_INFINITY;
    for (const gap of gaps) {
      readTo = Math.max(readTo, gap.after);
      while (readTo < gap.before - 1) {
        const page = await log.list(readTo, PAGE);
        found.push(...page.filter(isMissing));
        const last = page.length < PAGE ? undefined : page.at(-1);
        readTo = last?.position ?? Number.POSITIVE_INFINITY;
      }
    }
    return found;
  }

  return {
    async next() {
      const page = await log.list(highest, PAGE);
      const nowMs = monotonicMs();
      newestMs = Math.max(newestMs, ...page.map(({ time }) => time.getTime()));
      const late = await readMissing();
      const mayAppear = (gap: Gap): boolean =>
        nowMs - gap.sinceMs < gapMs && newestMs - gap.timeMs < gapMs;
      gaps = [...gaps.flatMap((gap) => without(gap, late)), ...gapsOf(highest, page, nowMs)]
        .filter(mayAppear)
        .slice(-MAX_GAPS);
      highest = page.at(-1)?.position ?? highest;
      return [...late, ...page];
    },
    checkpoint: () => gaps[0]?.after ?? highest,
  };
}

/** The rest of a gap after these events appeared, in the order of their positions. */
function without(gap: Gap, found: readonly LoggedEvent[]): readonly Gap[] {
  const inside = found.filter(({ position }) => gap.after < position && position < gap.before);
  const edges = [gap.after, ...inside.map(({ position }) => position), gap.before];
  return edges.slice(1).flatMap((before, index) => {
    const after = edges[index] ?? before;
    return before - after > 1 ? [{ ...gap, after, before }] : [];
  });
}

function gapsOf(highest: number, page: readonly LoggedEvent[], sinceMs: number): readonly Gap[] {
  return page.flatMap(({ position, time }, index) => {
    const after = page[index - 1]?.position ?? highest;
    return position - after > 1
      ? [{ after, before: position, sinceMs, timeMs: time.getTime() }]
      : [];
  });
}
