import type { LoggedEvent, OutboxLog } from '../../domain/outbox/outbox-queue.ts';

/** Reads on from where it is. */
export interface OutboxTail {
  /** What became visible since the last call, at most a page of it and what was late; within a user in commit order. */
  next(): Promise<readonly LoggedEvent[]>;
  /** A follower that begins after this position misses nothing that this one still has to give. */
  checkpoint(): number;
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

/** Missing positions: those between the two. */
interface Gap {
  readonly after: number;
  readonly before: number;
  /** When it was first seen, on the monotonic clock. */
  readonly sinceMs: number;
  /** When the event behind it happened, which got its position later than those that are missing. */
  readonly timeMs: number;
}

const GAP_MS = 60_000;
const PAGE = 500;
/** Rolled-back transactions of a minute; of more, the oldest are given up. */
const MAX_GAPS = 1_000;

/**
 * Follows the outbox without missing what commits late: positions are given before the commit, so one that is missing
 * may still appear. It looks for these again until they are so old that their transactions must have been rolled back,
 * by its own clock or by the times of the events around them.
 */
export function createOutboxTail(deps: Deps): OutboxTail {
  const { log, monotonicMs, gapMs = GAP_MS } = deps;
  let highest = deps.afterPosition;
  let newestMs = Number.NEGATIVE_INFINITY;
  let gaps: readonly Gap[] = [];

  const isMissing = ({ position }: LoggedEvent): boolean =>
    gaps.some(({ after, before }) => after < position && position < before);

  /** After the newer ones were read: what they followed is then visible, too. */
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

/** What is left of a gap once these events appeared, in the order of their positions. */
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
