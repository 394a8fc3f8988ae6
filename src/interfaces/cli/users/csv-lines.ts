import type { Hash } from 'node:crypto';
import { CommandFailure } from '../io.ts';
import { LINE_MAX_BYTES, type Line, readLines } from './line-reader.ts';

const SEPARATORS = [',', ';', '\t'] as const;

interface Header {
  readonly separator: string;
  /** JSON names of the fields, such as `first_name`. */
  readonly names: readonly string[];
}

/**
 * Yields the people in a file as lines of JSON: NDJSON as it is, and CSV (RFC 4180) when the first line that is not blank
 * names a column `email`. A CSV row that spans several lines has the number of its first; the others are blank, and so is
 * the header. Empty cells are left out. @throws CommandFailure for a column that is named twice
 */
export async function* readPeople(path: string, hash?: Hash): AsyncGenerator<Line> {
  let header: Header | null | undefined;
  let row: Row | undefined;
  for await (const line of readLines(path, hash)) {
    if (header === undefined && line.kind !== 'blank') {
      header = line.kind === 'text' ? readHeader(line.text) : null;
      if (header !== null) {
        yield { number: line.number, kind: 'blank' };
        continue;
      }
    }
    if (header === undefined || header === null) {
      yield line;
      continue;
    }
    if (row === undefined && line.kind !== 'text') {
      yield line;
      continue;
    }
    row = extend(row, line, header.separator);
    if (!row.isOpen) {
      yield* toLines(row, header);
      row = undefined;
    }
  }
  if (row !== undefined && header) yield* toLines(row, header);
}

/** Physical lines of one row so far. */
interface Row {
  readonly number: number;
  readonly lines: number;
  readonly text: string;
  /** Inside a quoted cell: the next line belongs to the row. */
  readonly isOpen: boolean;
  readonly invalid?: 'too_long' | 'not_utf8';
}

function extend(row: Row | undefined, line: Line, separator: string): Row {
  const { number, lines, text } = row ?? { number: line.number, lines: 0, text: '' };
  const base = { number, lines: lines + 1, isOpen: false };
  if (line.kind === 'too_long' || line.kind === 'not_utf8') {
    return { ...base, text, invalid: line.kind };
  }
  const own = line.kind === 'text' ? line.text : '';
  const whole = row === undefined ? own : `${text}\n${own}`;
  // A quote that is never closed must not swallow the rest of the file.
  if (whole.length > LINE_MAX_BYTES) return { ...base, text: '', invalid: 'too_long' };
  return { ...base, text: whole, isOpen: endsInQuote(own, row?.isOpen ?? false, separator) };
}

/** Whether a line ends inside a quoted cell. A quote opens a cell only at its start. */
function endsInQuote(line: string, startsInQuote: boolean, separator: string): boolean {
  let isInside = startsInQuote;
  let at = 0;
  while (at <= line.length) {
    if (!isInside && line[at] === '"') {
      isInside = true;
      at += 1;
      continue;
    }
    const next = line.indexOf(isInside ? '"' : separator, at);
    if (next === -1) return isInside;
    at = next + 1;
    if (!isInside) continue;
    // Two quotes stand for one.
    if (line[at] === '"') at += 1;
    else isInside = false;
    if (!isInside && line[at] === separator) at += 1;
  }
  return isInside;
}

function* toLines(row: Row, header: Header): Generator<Line> {
  yield toLine(row, header);
  for (let line = 1; line < row.lines; line += 1) {
    yield { number: row.number + line, kind: 'blank' };
  }
}

function toLine({ number, text, isOpen, invalid }: Row, { separator, names }: Header): Line {
  if (invalid !== undefined) return { number, kind: invalid };
  const malformed = (reason: string): Line => ({ number, kind: 'malformed_csv', reason });
  if (isOpen) return malformed('has a quote that is not closed');
  const cells = splitRow(text, separator);
  if (cells === null) return malformed('has a quote inside a cell that is not quoted');
  if (cells.every((cell) => cell === '')) return { number, kind: 'blank' };
  if (cells.length !== names.length) {
    return malformed(`has ${cells.length} cells, and the header has ${names.length}`);
  }
  const fields = names.map((name, column) => [name, cells[column] ?? ''] as const);
  const person = Object.fromEntries(fields.filter(([, value]) => value !== ''));
  return { number, kind: 'text', text: JSON.stringify(person) };
}

/** @returns null for a line that is no header of people */
function readHeader(text: string): Header | null {
  if (text.startsWith('{')) return null;
  for (const separator of SEPARATORS) {
    const names = splitRow(text, separator)?.map((name) => name.trim());
    if (names === undefined || !names.includes('email')) continue;
    const twice = names.find((name, column) => names.indexOf(name) !== column);
    if (twice === undefined) return { separator, names };
    throw new CommandFailure(`The header of the file names the column "${twice}" twice.`, {
      code: 'wrong_file',
    });
  }
  return null;
}

const QUOTED = /"((?:[^"]|"")*)"/y;

/** The cells of a row; null when a quote stands inside a cell that is not quoted. */
function splitRow(text: string, separator: string): string[] | null {
  const cells: string[] = [];
  for (let at = 0; ; at += separator.length) {
    let cell: string;
    if (text[at] === '"') {
      QUOTED.lastIndex = at;
      const quoted = QUOTED.exec(text)?.[1];
      if (quoted === undefined) return null;
      at = QUOTED.lastIndex;
      cell = quoted.replaceAll('""', '"');
    } else {
      const end = text.indexOf(separator, at);
      cell = text.slice(at, end === -1 ? undefined : end);
      if (cell.includes('"')) return null;
      at += cell.length;
    }
    cells.push(cell);
    if (at >= text.length) return cells;
    if (!text.startsWith(separator, at)) return null;
  }
}
