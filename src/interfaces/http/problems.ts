import Type, { type Static } from 'typebox';
import { DomainError } from '../../domain/errors.ts';
import { type EdgeCode, PROBLEMS, type ProblemCode, problemType } from '../problem-table.ts';

/** Media type of every error answer (RFC 9457 §3). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
/** Most faults that one answer lists. */
const MAX_FAULTS = 100;
/** Retry advice where the error has none, in seconds. */
const DEFAULT_RETRY_AFTER_SECONDS = 1;

/** One invalid field. */
export const faultSchema = Type.Object({
  pointer: Type.String({
    description:
      'RFC 6901 pointer into the body, such as `/email`; `/query/limit`, `/path/id` and `/header/if-match` for the other parts of a request; empty for the whole body.',
  }),
  code: Type.String({ description: 'Stable name of the broken rule.' }),
  message: Type.String({ description: 'The rule in words; never what was sent.' }),
});

/** One invalid field, wherever in the request it is. */
export type Fault = Static<typeof faultSchema>;

/** RFC 9457 problem document with our extensions. */
export const problemSchema = Type.Object({
  type: Type.String({ description: '`urn:user-service:problem:` and the code.' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.String({ description: '`urn:user-service:request:` and the request id.' }),
  code: Type.String(),
  request_id: Type.String(),
  errors: Type.Optional(Type.Array(faultSchema)),
});

/** A refusal decided at the HTTP edge. */
export class EdgeError extends Error {
  override readonly name = 'EdgeError';
  readonly code: EdgeCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: EdgeCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }
}

/** A request that was not answered within `server.request_timeout`. */
export class RequestTimedOut extends Error {
  override readonly name = 'RequestTimedOut';

  constructor() {
    super('The request was not answered in time.');
  }
}

/** A request whose parts do not fit the route's schema. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super('One or more fields are not valid.');
    this.faults = faults;
  }
}

/** An error as it is answered. */
export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly faults?: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;
}

/** What is known of the request that failed. */
export interface FailedRequest {
  readonly method: string;
  /** Whether its body had arrived completely. */
  readonly received: boolean;
  /** Where the route's fields come from, for faults that the domain names by field alone. */
  readonly fieldsIn: 'body' | 'query';
}

/** Fastify's own refusals; every other 4xx of it is a malformed request. */
const FRAMEWORK_CODES: Readonly<Record<string, EdgeCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
};

/**
 * Turns whatever was thrown into a problem. The unknown becomes a bare `internal_error` that tells nothing.
 */
export function toProblem(error: unknown, request: FailedRequest): Problem {
  if (error instanceof EdgeError) {
    return { code: error.code, detail: error.message, headers: error.headers };
  }
  if (error instanceof InvalidRequest) {
    return validationProblem(error.message, error.faults);
  }
  if (error instanceof DomainError) return domainProblem(error, request);
  return frameworkProblem(error, request);
}

function domainProblem(error: DomainError, request: FailedRequest): Problem {
  if (error.code === 'validation_failed') {
    const prefix = request.fieldsIn === 'query' ? '/query/' : '/';
    const faults = error.fields.map(({ field, code, message }) => ({
      pointer: `${prefix}${field}`,
      code,
      message,
    }));
    return validationProblem(error.message, faults);
  }
  return {
    code: error.code,
    detail: error.message,
    headers: problemHeaders(error.code, error.retryAfterSeconds),
  };
}

function frameworkProblem(error: unknown, request: FailedRequest): Problem {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (error instanceof RequestTimedOut) {
    if (!request.received) {
      const { meaning } = PROBLEMS.request_timeout;
      return { code: 'request_timeout', detail: meaning, headers: { connection: 'close' } };
    }
    const timedOut = /^(?:GET|HEAD)$/.test(request.method) ? 'unavailable' : 'outcome_unknown';
    return {
      code: timedOut,
      detail: 'The request was not answered in time.',
      headers: problemHeaders(timedOut),
    };
  }
  if (typeof code === 'string' && typeof statusCode === 'number' && statusCode < 500) {
    const known = FRAMEWORK_CODES[code] ?? 'malformed_request';
    return { code: known, detail: PROBLEMS[known].meaning, headers: {} };
  }
  return { code: 'internal_error', detail: PROBLEMS.internal_error.meaning, headers: {} };
}

function validationProblem(detail: string, faults: readonly Fault[]): Problem {
  return { code: 'validation_failed', detail, faults: faults.slice(0, MAX_FAULTS), headers: {} };
}

/** `WWW-Authenticate` (RFC 9110 §11.6.1, RFC 6750 §3) and `Retry-After` (RFC 9110 §10.2.3) by code. */
function problemHeaders(code: ProblemCode, retryAfterSeconds?: number): Record<string, string> {
  const { status } = PROBLEMS[code];
  if (status === 503) {
    return { 'retry-after': String(retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS) };
  }
  const realm = 'Bearer realm="user-service"';
  if (code === 'invalid_token') return { 'www-authenticate': `${realm}, error="invalid_token"` };
  if (code === 'forbidden') return { 'www-authenticate': `${realm}, error="insufficient_scope"` };
  return status === 401 ? { 'www-authenticate': realm } : {};
}

/** The document of a problem. */
export function problemDocument(
  problem: Pick<Problem, 'code' | 'detail' | 'faults'>,
  requestId: string,
): Static<typeof problemSchema> {
  const { status, title } = PROBLEMS[problem.code];
  return {
    type: problemType(problem.code),
    title,
    status,
    detail: problem.detail,
    instance: `urn:user-service:request:${requestId}`,
    code: problem.code,
    request_id: requestId,
    ...(problem.faults === undefined ? {} : { errors: [...problem.faults] }),
  };
}
