import { open, readFile, rename, rm } from 'node:fs/promises';
import { CommandFailure } from '../io.ts';
import { isRecord } from '../problem.ts';

/** Lines by outcome, over all runs. */
export interface Counts {
  readonly created: number;
  readonly alreadyThere: number;
  readonly refused: number;
}

/**
 * The progress of a file's import: line numbers and a hash, no personal data. All lines below `nextLine` are done, and so
 * are the lines in `doneRanges`. Lines up to `sentUpTo` may have been sent by a run that died before it recorded their
 * responses.
 */
export interface Checkpoint {
  readonly sha256: string;
  readonly target: string;
  readonly nextLine: number;
  readonly doneRanges: readonly (readonly [first: number, last: number])[];
  readonly sentUpTo: number;
  readonly counts: Counts;
}

export interface CheckpointFile {
  readonly path: string;
  /** @returns undefined without a file @throws CommandFailure for a file that is unreadable or damaged */
  read(): Promise<Checkpoint | undefined>;
  /** Replaces the file atomically: a kill leaves the old or the new one. @throws CommandFailure */
  write(checkpoint: Checkpoint): Promise<void>;
  remove(): Promise<void>;
}

const FORMAT = 1;

/** Keeps the checkpoint in a file at `path` with mode 0600. */
export function createCheckpointFile(path: string): CheckpointFile {
  const temporary = `${path}.tmp`;
  return {
    path,
    async read() {
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return undefined;
        throw new CommandFailure(`Cannot read the progress file ${path} (${codeOf(error)}).`);
      }
      const checkpoint = parse(text);
      if (checkpoint === undefined) {
        throw new CommandFailure(
          `${path} is not a progress file of this command. Remove it, or start over with --restart.`,
        );
      }
      return checkpoint;
    },
    async write(checkpoint) {
      try {
        const file = await open(temporary, 'w', 0o600);
        try {
          await file.writeFile(serialise(checkpoint));
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, path);
      } catch (error) {
        throw new CommandFailure(
          `Cannot write the progress file ${path} (${codeOf(error)}). Choose another path with --progress-file FILE.`,
          { cause: error },
        );
      }
    },
    async remove() {
      await rm(path, { force: true });
      await rm(temporary, { force: true });
    },
  };
}

function serialise(checkpoint: Checkpoint): string {
  return `${JSON.stringify({
    format: FORMAT,
    sha256: checkpoint.sha256,
    target: checkpoint.target,
    next_line: checkpoint.nextLine,
    done_ranges: checkpoint.doneRanges,
    sent_up_to: checkpoint.sentUpTo,
    created: checkpoint.counts.created,
    already_there: checkpoint.counts.alreadyThere,
    refused: checkpoint.counts.refused,
  })}\n`;
}

function parse(text: string): Checkpoint | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value.format !== FORMAT) return undefined;
  const { sha256, target, next_line, sent_up_to, created, already_there, refused } = value;
  const doneRanges = value.done_ranges;
  if (typeof sha256 !== 'string' || typeof target !== 'string' || !isRanges(doneRanges))
    return undefined;
  if (!isCount(next_line) || !isCount(sent_up_to)) return undefined;
  if (!isCount(created) || !isCount(already_there) || !isCount(refused)) return undefined;
  return {
    sha256,
    target,
    nextLine: next_line,
    doneRanges,
    sentUpTo: sent_up_to,
    counts: { created, alreadyThere: already_there, refused },
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && typeof value === 'number' && value >= 0;
}

function isRanges(value: unknown): value is (readonly [number, number])[] {
  return Array.isArray(value) && value.every(isRange);
}

function isRange(value: unknown): value is readonly [number, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [first, last]: unknown[] = value;
  return isCount(first) && isCount(last) && first <= last && last - first < MAX_RANGE;
}

/** A damaged file must not make the reader loop over a huge range. */
const MAX_RANGE = 1_000_000;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
