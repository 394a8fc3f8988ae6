/**
 * What a call returns. Expected failures are values: the compiler makes the caller look at `ok`.
 *
 * @typeParam P - the problem documents of the call, a union by `code`
 */
export type Result<T, P> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly problem: P };

/** About the last attempt of a call. */
export interface CallInfo {
  /** For the logs of the service: all attempts of the call have it. */
  readonly requestId: string;
  /** HTTP status; 0 without a response. */
  readonly status: number;
  readonly attempts: number;
  /** Whether the response is the stored one of an earlier request with the same idempotency key. */
  readonly replayed: boolean;
  /** Whether an attempt before the last one may have been performed. */
  readonly maybeRepeated: boolean;
}

/** The result of a call to the service. */
export type Reply<T, P> = Result<T, P> & { readonly info: CallInfo };

/** A problem as an exception, for those who prefer them: see `unwrap`. */
export class ProblemError<
  P extends { readonly code: string; readonly detail: string },
> extends Error {
  override readonly name = 'ProblemError';
  readonly problem: P;

  constructor(problem: P) {
    super(`${problem.code}: ${problem.detail}`);
    this.problem = problem;
  }
}

/**
 * The data of a result.
 * @throws ProblemError with the problem of a failed call
 */
export function unwrap<T, P extends { readonly code: string; readonly detail: string }>(
  result: Result<T, P>,
): T {
  if (result.ok) return result.data;
  throw new ProblemError(result.problem);
}
