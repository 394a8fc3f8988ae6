import type { Problems } from '../generated/problems.ts';

/** Failures that do not come from the service. They have no HTTP status. */
interface LocalProblem<C extends string> {
  readonly code: C;
  readonly status: 0;
  readonly detail: string;
  /** As sent in `X-Request-Id`. */
  readonly request_id: string;
  /** What `fetch` or `token` threw. */
  readonly cause?: unknown;
}

/**
 * No response. The service may have performed the request; the client has repeated it where that is safe.
 */
export interface NetworkProblem extends LocalProblem<'network_error'> {}

/**
 * The function `token` threw or rejected, with `cause`, or there is a `token` or `key` that no header can have. The
 * request was not sent, and is not repeated; `info.maybeRepeated` says whether an earlier attempt may have been performed.
 */
export interface TokenProblem extends LocalProblem<'token_error'> {}

/** `timeoutMs` is over. The service may have performed the request. */
export interface DeadlineProblem extends LocalProblem<'deadline_exceeded'> {}

/** The signal of the call was aborted. The service may have performed the request. */
export interface AbortProblem extends LocalProblem<'aborted'> {}

/** The response is not one of the service: the page of a proxy, cut off or too large. */
export interface InvalidResponseProblem {
  readonly code: 'invalid_response';
  /** HTTP status of the response. */
  readonly status: number;
  readonly detail: string;
  readonly request_id: string;
}

/** A problem that this version of the client does not know for the operation, from a newer service. */
export interface UnknownProblem {
  readonly code: 'unknown_problem';
  readonly status: number;
  readonly detail: string;
  readonly request_id: string;
  readonly retry_after?: number;
  /** The document as it was received; its `code` says what happened. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** The problems that every call may have, besides those of the service. */
export type ClientProblem =
  | NetworkProblem
  | TokenProblem
  | DeadlineProblem
  | AbortProblem
  | InvalidResponseProblem
  | UnknownProblem;

/** Any problem of the service. */
export type ServiceProblem = Problems[keyof Problems];

/** The problems of an operation with these codes: a union by `code`, so that a `switch` over it can be exhaustive. */
export type ProblemWith<C extends keyof Problems> = Problems[C] | ClientProblem;

/** A failure of the OAuth endpoints (RFC 6749 §5.2), with `error` as `code`. */
export interface OAuthProblem<C extends string> {
  readonly code: C;
  readonly status: number;
  /** `error_description`. */
  readonly detail: string;
  readonly request_id: string;
  readonly retry_after?: number;
}

/** The problems of an OAuth operation. */
export type OAuthProblemWith<C extends string> = C extends string
  ? OAuthProblem<C> | ClientProblem
  : never;
