import type { Checkpoint, Counts } from './checkpoint.ts';

/** What became of a line. */
export type Outcome = 'created' | 'alreadyThere' | 'refused' | 'blank';

/**
 * Keeps the books of a load: which lines are answered and how many had which outcome. Memory grows with the distance
 * between the lowest unanswered line and the highest answered one, which the load bounds.
 */
export interface ImportProgress {
  /** The lowest line without an answer. */
  nextLine(): number;
  isDone(line: number): boolean;
  /** Whether an earlier run may have sent the line and died before its answer. */
  maybeSentBefore(line: number): boolean;
  settle(line: number, outcome: Outcome): void;
  counts(): Counts;
  /** Whether no line has an answer and none is in doubt: there is nothing to remember. */
  isUntouched(): boolean;
  /** For the checkpoint that lets lines up to `sentUpTo` be sent. */
  snapshot(sentUpTo: number): Pick<Checkpoint, 'nextLine' | 'doneRanges' | 'sentUpTo' | 'counts'>;
}

/** Books that begin empty, or where a checkpoint left them. */
export function createImportProgress(resumed?: Checkpoint): ImportProgress {
  let nextLine = resumed?.nextLine ?? 1;
  const inDoubtUpTo = resumed?.sentUpTo ?? 0;
  const done = new Set<number>();
  const counts = { created: 0, alreadyThere: 0, refused: 0, ...resumed?.counts };
  for (const [first, last] of resumed?.doneRanges ?? []) {
    for (let line = first; line <= last; line++) done.add(line);
  }
  return {
    nextLine: () => nextLine,
    isDone: (line) => line < nextLine || done.has(line),
    maybeSentBefore: (line) => line <= inDoubtUpTo,
    settle(line, outcome) {
      if (outcome !== 'blank') counts[outcome] += 1;
      done.add(line);
      while (done.delete(nextLine)) nextLine += 1;
    },
    counts: () => ({ ...counts }),
    isUntouched: () => nextLine === 1 && done.size === 0 && inDoubtUpTo === 0,
    snapshot: (sentUpTo) => ({
      nextLine,
      doneRanges: toRanges(done),
      // What was in doubt before stays so: this run may not have come to it yet.
      sentUpTo: Math.max(sentUpTo, inDoubtUpTo),
      counts: { ...counts },
    }),
  };
}

function toRanges(lines: ReadonlySet<number>): [number, number][] {
  const ranges: [number, number][] = [];
  for (const line of [...lines].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === line - 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges;
}
