import Type, { type Static } from 'typebox';
import { DomainError } from '../../domain/errors.ts';
import { type EdgeCode, PROBLEMS, type ProblemCode, problemType } from './problem-table.ts';

/** Media type of every error answer (RFC 9457 §3). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
/** Most field errors that one answer lists. */
const MAX_FAULTS = 100;
/** Retry advice where the error has none, in seconds. */
const DEFAULT_RETRY_AFTER_SECONDS = 1;

/** One invalid field. */
export const fieldErrorSchema = Type.Object({
  pointer: Type.String({
    description:
      'RFC 6901 pointer into the body, such as `/email`; `/query/limit`, `/path/id` and `/header/if-match` for the other parts of a request; empty for the whole body.',
  }),
  code: Type.String({ description: 'Stable name of the broken rule.' }),
  message: Type.String({ description: 'The rule in words; never what was sent.' }),
});

/** One invalid field, wherever in the request it is. */
export type ProblemFieldError = Static<typeof fieldErrorSchema>;

/** RFC 9457 problem document with our extensions. */
export const problemSchema = Type.Object({
  type: Type.String({ description: '`urn:user-service:problem:` and the code.' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.String({ description: '`urn:user-service:request:` and the request id.' }),
  code: Type.String(),
  request_id: Type.String(),
  errors: Type.Optional(Type.Array(fieldErrorSchema)),
});

/** A rejection that an interface decides on before any use case runs. */
export class EdgeError extends Error {
  override readonly name: string = 'EdgeError';
  readonly code: EdgeCode;

  constructor(code: EdgeCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A request whose parts do not fit the route's schema. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';
  readonly fieldErrors: readonly ProblemFieldError[];

  constructor(fieldErrors: readonly ProblemFieldError[]) {
    super('One or more fields are not valid.');
    this.fieldErrors = fieldErrors;
  }
}

/** An error as it is reported to the caller, over any protocol. */
export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
  readonly fieldErrors?: readonly ProblemFieldError[];
  /** Whole seconds after which a retry makes sense; set for every problem with status 503. */
  readonly retryAfterSeconds?: number;
}

/**
 * ConnectionQueue a thrown error into a problem. An unknown error becomes a bare `internal_error`.
 * @param fieldsIn the part of the request that holds the fields which a `DomainError` names
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
  const problem = { code: error.code, detail: error.message };
  if (PROBLEMS[error.code].status !== 503) return problem;
  return { ...problem, retryAfterSeconds: error.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS };
}

function validationProblem(detail: string, fieldErrors: readonly ProblemFieldError[]): Problem {
  return { code: 'validation_failed', detail, fieldErrors: fieldErrors.slice(0, MAX_FAULTS) };
}

/** The document of a problem. */
export function problemDocument(
  problem: Pick<Problem, 'code' | 'detail' | 'fieldErrors'>,
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
  };
}
