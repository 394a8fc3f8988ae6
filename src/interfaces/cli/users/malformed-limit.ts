import { CommandFailure } from '../io.ts';
import type { Refusal } from './person-line.ts';

/** After this many malformed lines in a row the file is wrong, not the lines. */
const MALFORMED_IN_A_ROW = 20;

/** Recognises a file that is no list of people by its first lines, and reports single malformed lines. */
export interface MalformedLimit {
  /** A malformed line. @throws CommandFailure when the limit is reached */
  add(refusal: Refusal): void;
  /** A line that is a person. */
  wellFormed(): void;
  /** Reports the malformed lines that are still held back. */
  end(): void;
  /** Whether the limit was reached before any line was a person. */
  isWrongFile(): boolean;
}

/**
 * Malformed lines are held back until a line that is a person: of a wrong file one sentence is enough.
 * @param options.name the file in messages
 */
export function createMalformedLimit(options: {
  readonly name: string;
  onRefused(refusal: Refusal): void;
}): MalformedLimit {
  let held: Refusal[] = [];
  let inARow: Refusal[] = [];
  let hasPerson = false;
  let isWrongFile = false;
  const flush = (): void => {
    for (const refusal of held) options.onRefused(refusal);
    held = [];
  };
  return {
    add(refusal) {
      if (isWrongFile) return;
      inARow.push(refusal);
      if (hasPerson) options.onRefused(refusal);
      else held.push(refusal);
      const [first] = inARow;
      if (inARow.length < MALFORMED_IN_A_ROW || first === undefined) return;
      isWrongFile = !hasPerson;
      if (isWrongFile) held = [];
      throw new CommandFailure(
        `${options.name} does not look like NDJSON, or CSV with a column email: line ${first.line} ${first.message}.`,
        { code: 'wrong_file' },
      );
    },
    wellFormed() {
      hasPerson = true;
      inARow = [];
      flush();
    },
    end: flush,
    isWrongFile: () => isWrongFile,
  };
}
