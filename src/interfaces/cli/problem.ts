import { CommandFailure } from './io.ts';
import type { OperatorResponse } from './operator-client.ts';
import { printable } from './text.ts';

/** One field error of a problem. */
export interface FieldError {
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

/** The failure of a command that got this problem; `hint` ends its message. */
export function failureOf(problem: Problem, hint = ''): CommandFailure {
  const { code, status, requestId, errors } = problem;
  return new CommandFailure(describeProblem(problem) + hint, { code, status, requestId, errors });
}

/** The problem as one line for people: each rule that was broken, else the detail, with the code in parentheses. */
export function describeProblem(problem: Problem): string {
  const { status, code, detail, errors, requestId } = problem;
  if (errors.length > 0) return errors.map(describeFieldError).join(' ');
  // The cause of a failure is in the log of the service; that of a rejection is here.
  const request = status >= 500 && requestId !== undefined ? `, request ${requestId}` : '';
  return `${detail} (${code}${request})`;
}

/** The name of the field, argument or option, the broken rule, and its code. */
export function describeFieldError({ pointer, code, message }: FieldError): string {
  const name = pointer.replace(/^\/(?:(?:path|query)\/)?/, '');
  const rule = message === '' ? code : `${message} (${code})`;
  return name === '' ? rule : `${name}: ${rule}`;
}

const LONGEST_TEXT = 300;

function text(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return printable(value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value);
}
