import type { OperatorResponse } from './operator-client.ts';
import { printable } from './text.ts';

/** One field error of a problem. */
interface FieldError {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** A problem document (RFC 9457). Texts are safe for a terminal. */
export interface Problem {
  readonly status: number;
  /** `http_<status>` if the response is not a problem document. */
  readonly code: string;
  readonly detail: string;
  readonly requestId: string | undefined;
  readonly errors: readonly FieldError[];
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the problem from an error response. Other bodies, such as a proxy's error page, give a problem too. */
export function problemOf(response: OperatorResponse): Problem {
  const document = isRecord(response.body) ? response.body : {};
  const errors = Array.isArray(document.errors) ? document.errors.filter(isRecord) : [];
  return {
    status: response.status,
    code: text(document.code) ?? `http_${response.status}`,
    detail: text(document.detail) ?? text(document.title) ?? `HTTP status ${response.status}`,
    requestId: text(document.request_id),
    errors: errors.map(({ pointer, code, message }) => ({
      pointer: text(pointer) ?? '',
      code: text(code) ?? '',
      message: text(message) ?? '',
    })),
  };
}

/** The problem as one line for people. */
export function describeProblem(problem: Problem): string {
  const errors = problem.errors.map(
    ({ pointer, code, message }) => `${argumentOf(pointer)} ${code}: ${message}`,
  );
  const request = problem.requestId === undefined ? '' : ` (request ${problem.requestId})`;
  return `${problem.code}: ${[problem.detail, ...errors].join(' ')}${request}`;
}

/** The name of a path or query parameter, which a command has as an argument; other pointers as they are. */
function argumentOf(pointer: string): string {
  return pointer.replace(/^\/(?:path|query)\//, '');
}

const LONGEST_TEXT = 300;

function text(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return printable(value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value);
}
