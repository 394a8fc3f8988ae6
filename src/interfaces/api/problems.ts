import Type, { type Static } from 'typebox';
import { DomainError } from '../../domain/errors.ts';
import { FIELD_CODES } from './field-codes.ts';
import { type EdgeCode, PROBLEMS, type ProblemCode, problemType } from './problem-table.ts';

/** Media type of every error response (RFC 9457 §3). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
/** One response lists at most this many field errors. */
export const MAX_FIELD_ERRORS = 100;
/** `Retry-After` of an error that sets none. */
const DEFAULT_RETRY_AFTER_SECONDS = 1;

export const fieldErrorSchema = Type.Object({
  pointer: Type.String({
    description:
      'JSON Pointer (RFC 6901) to the field in the body, such as `/email`; empty for the whole body. A field outside the body has the prefix `/query`, `/path` or `/header`.',
  }),
  code: Type.String({
    enum: Object.keys(FIELD_CODES),
    description: 'Stable code of the broken rule. New rules bring new codes.',
  }),
  message: Type.String({ description: 'The rule in words. It never repeats the input.' }),
});

/** An invalid field as a response shows it; the domain's `FieldError` knows no pointer. */
export type ProblemFieldError = Static<typeof fieldErrorSchema>;

/** An RFC 9457 problem document with extension members from `code` on. */
export const problemSchema = Type.Object({
  type: Type.String({ description: '`urn:user-service:problem:` followed by the code.' }),
  title: Type.String({ description: 'The same for every problem with this code.' }),
  status: Type.Integer({ description: 'HTTP status.' }),
  detail: Type.String({ description: 'What happened, for people. It never repeats the input.' }),
  instance: Type.String({ description: '`urn:user-service:request:` followed by the request id.' }),
  code: Type.String({
    enum: Object.keys(PROBLEMS),
    description: 'What went wrong. Programs decide by this field.',
  }),
  request_id: Type.String({ description: 'As in the header `X-Request-Id`.' }),
  errors: Type.Optional(
    Type.Array(fieldErrorSchema, {
      maxItems: MAX_FIELD_ERRORS,
      description: 'The invalid fields of `validation_failed`.',
    }),
  ),
  violated_policies: Type.Optional(
    Type.Array(Type.String(), {
      description:
        'With `rate_limited`: the policies of the client that refused the request, as in `RateLimit`. Absent when another limit did.',
    }),
  ),
  oldest: Type.Optional(
    Type.String({
      description: 'With `position_gone`: the oldest position that `after` may have.',
    }),
  ),
});

/** A rejection by an interface, before a use case runs. */
export class EdgeError extends Error {
  override readonly name: string = 'EdgeError';
  readonly code: EdgeCode;

  constructor(code: EdgeCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A request that does not fit the schemas of its route. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';
  readonly fieldErrors: readonly ProblemFieldError[];

  constructor(fieldErrors: readonly ProblemFieldError[]) {
    super('One or more fields are not valid.');
    this.fieldErrors = fieldErrors;
  }
}

/** An error as the caller sees it, over any protocol. */
export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly fieldErrors?: readonly ProblemFieldError[];
  /** Seconds to wait before a retry; set for status 429 and 503, and for `idempotency_in_progress`. */
  readonly retryAfterSeconds?: number;
  readonly violatedPolicies?: readonly string[];
  /** Longest age of the authentication in seconds, with `step_up_required`. */
  readonly maxAgeSeconds?: number;
  /** With `position_gone`. */
  readonly oldest?: string;
}

/**
 * Turns a thrown error into a problem. An unknown error becomes an `internal_error` without details.
 * @param fieldsIn the part of the request that holds the fields of a `DomainError`
 */
export function toProblem(error: unknown, fieldsIn: 'body' | 'query'): Problem {
  if (error instanceof EdgeError) return { code: error.code, detail: error.message };
  if (error instanceof InvalidRequest) return validationProblem(error.message, error.fieldErrors);
  if (error instanceof DomainError) return domainProblem(error, fieldsIn);
  return { code: 'internal_error', detail: PROBLEMS.internal_error.meaning };
}

function domainProblem(error: DomainError, fieldsIn: 'body' | 'query'): Problem {
  if (error.code === 'validation_failed') {
    const prefix = fieldsIn === 'query' ? '/query/' : '/';
    const fieldErrors = error.fields.map(({ field, code, message }) => ({
      pointer: `${prefix}${field}`,
      code,
      message,
    }));
    return validationProblem(error.message, fieldErrors);
  }
  const { maxAgeSeconds, oldestPosition } = error;
  const problem = {
    code: error.code,
    detail: error.message,
    ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }),
    ...(oldestPosition === undefined ? {} : { oldest: oldestPosition }),
  };
  const { status } = PROBLEMS[error.code];
  const { retryAfterSeconds, violatedPolicies } = error;
  if (status !== 429 && status !== 503 && retryAfterSeconds === undefined) return problem;
  return {
    ...problem,
    retryAfterSeconds: retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS,
    ...(violatedPolicies.length === 0 ? {} : { violatedPolicies }),
  };
}

function validationProblem(detail: string, fieldErrors: readonly ProblemFieldError[]): Problem {
  return { code: 'validation_failed', detail, fieldErrors: fieldErrors.slice(0, MAX_FIELD_ERRORS) };
}

export function problemDocument(
  problem: Pick<Problem, 'code' | 'detail' | 'fieldErrors' | 'violatedPolicies' | 'oldest'>,
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
    ...(problem.fieldErrors === undefined ? {} : { errors: [...problem.fieldErrors] }),
    ...(problem.violatedPolicies === undefined
      ? {}
      : { violated_policies: [...problem.violatedPolicies] }),
    ...(problem.oldest === undefined ? {} : { oldest: problem.oldest }),
  };
}
