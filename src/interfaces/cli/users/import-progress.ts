import type { Checkpoint, Counts } from './checkpoint.ts';

export type Outcome = 'created' | 'alreadyThere' | 'refused' | 'blank';

/**
 * The state of an import: which lines are done, and how many had which outcome. Memory grows with the distance between
 * the lowest line that is not done and the highest one that is; the checkpoint writer bounds it.
 */
export interface ImportProgress {
  /** The lowest line that is not done. */
  nextLine(): number;
  isDone(line: number): boolean;
  /** Whether an earlier run may have sent the line and died before the response. */
  maybeSentBefore(line: number): boolean;
  record(line: number, outcome: Outcome): void;
  counts(): Counts;
  /** Whether no line is done and none may have been sent: there is nothing to resume. */
  isUntouched(): boolean;
  /** The state for a checkpoint that admits lines up to `sentUpTo`. */
  snapshot(sentUpTo: number): Pick<Checkpoint, 'nextLine' | 'doneRanges' | 'sentUpTo' | 'counts'>;
}

/** Starts empty, or from the checkpoint of an earlier run. */
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
    record(line, outcome) {
      if (outcome !== 'blank') counts[outcome] += 1;
      done.add(line);
      while (done.delete(nextLine)) nextLine += 1;
    },
    counts: () => ({ ...counts }),
    isUntouched: () => nextLine === 1 && done.size === 0 && inDoubtUpTo === 0,
    snapshot: (sentUpTo) => ({
      nextLine,
      doneRanges: toRanges(done),
      // Lines that the earlier run may have sent stay in doubt: this run may not have reached them.
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
