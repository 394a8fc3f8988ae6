import { describeFieldError, type FieldError, isRecord, type Problem } from '../problem.ts';
import type { Line } from './line-reader.ts';

/** The refusal of one line: its number and the reason, without any value of the line. */
export interface Refusal {
  readonly line: number;
  readonly code: string;
  readonly errors: readonly FieldError[];
  /** For people; may be empty. */
  readonly message: string;
}

/** The body of a request, or a refusal without a request. */
export type ParsedLine =
  | { readonly kind: 'person'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Parses a line as one JSON object; the service validates its fields. `password` is for lines without one. */
export function parsePersonLine(
  line: Exclude<Line, { kind: 'blank' }>,
  password: string | undefined,
): ParsedLine {
  if (line.kind === 'too_long') {
    return refuse(line.number, 'line_too_long', 'is longer than 64 KiB');
  }
  if (line.kind === 'not_utf8') return refuse(line.number, 'malformed_json', 'is not UTF-8');
  if (line.kind === 'malformed_csv') return refuse(line.number, 'malformed_csv', line.reason);
  let value: unknown;
  try {
    value = JSON.parse(line.text);
    // Nesting that is too deep to serialise could not be sent.
    JSON.stringify(value);
  } catch {
    // The parser's own message quotes the text, which may be a password.
    return refuse(line.number, 'malformed_json', 'is not JSON');
  }
  if (!isRecord(value)) return refuse(line.number, 'malformed_json', 'is not a JSON object');
  const lacksPassword = password !== undefined && value.password === undefined;
  return { kind: 'person', body: lacksPassword ? { ...value, password } : value };
}

/** The refusal of a line by the service. */
export function rejectionOf(
  line: number,
  problem: Problem,
  body: Readonly<Record<string, unknown>>,
): Refusal {
  // The file may go to another server than a user service: do not show what it repeats.
  const shown = (text: string): string =>
    valuesOf(body).some((value) => text.includes(value)) ? '' : text;
  const request =
    problem.status >= 500 && problem.requestId ? ` (request ${problem.requestId})` : '';
  return {
    line,
    code: problem.code,
    errors: problem.errors.map((error) => ({ ...error, message: shown(error.message) })),
    message: problem.errors.length > 0 ? request.trim() : shown(problem.detail) + request,
  };
}

/** The refusal as one line of text: each broken rule with its code. */
export function describeRefusal(refusal: Refusal): string {
  const reasons = [...refusal.errors.map(describeFieldError), refusal.message]
    .filter((text) => text !== '')
    .join(' ');
  return `line ${refusal.line} refused, ${refusal.code}${reasons === '' ? '' : `: ${reasons}`}`;
}

/** Shorter values may be part of a message by chance. */
const VALUE_MIN_LENGTH = 3;

function valuesOf(body: Readonly<Record<string, unknown>>): string[] {
  return Object.values(body).filter(
    (value) => typeof value === 'string' && value.length >= VALUE_MIN_LENGTH,
  ) as string[];
}

function refuse(line: number, code: string, message: string): ParsedLine {
  return { kind: 'refused', refusal: { line, code, errors: [], message } };
}
