import type { DomainErrorCode } from '../../domain/errors.ts';

/** Refusals that an edge decides on before any use case runs, and the failure that nobody foresaw. */
export type EdgeCode =
  | 'malformed_request'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'payload_too_large'
  | 'uri_too_long'
  | 'unsupported_media_type'
  | 'headers_too_large'
  | 'internal_error';

/** Every `code` that a problem document can carry. */
export type ProblemCode = DomainErrorCode | EdgeCode;

/** What a code means, over whatever protocol. */
export interface ProblemKind {
  /** HTTP status; NATS replies carry the same number. */
  readonly status: number;
  /** Short and the same for every occurrence (RFC 9457 §3.1.3). */
  readonly title: string;
  /** One sentence for the reader of `docs/reference/errors.md`. */
  readonly meaning: string;
}

/** The one mapping of codes to statuses. A code without an entry does not compile. */
export const PROBLEMS = {
  malformed_request: {
    status: 400,
    title: 'Malformed request',
    meaning: 'The request is not well-formed HTTP, JSON, form or header syntax.',
  },
  unauthenticated: {
    status: 401,
    title: 'Credentials required',
    meaning: 'The request carries no access token or service key, and the route needs one.',
  },
  invalid_token: {
    status: 401,
    title: 'Credentials not valid',
    meaning: 'The access token or service key is unknown, expired or revoked.',
  },
  invalid_credentials: {
    status: 401,
    title: 'Sign-in refused',
    meaning:
      'The e-mail address or the password is not right; which of them, or whether the account is disabled, is not told.',
  },
  invalid_grant: {
    status: 401,
    title: 'Refresh refused',
    meaning: 'The refresh token is unknown, used up or expired, or its session has ended.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    meaning: 'The credentials are valid, but this needs another scope or kind of caller.',
  },
  not_found: {
    status: 404,
    title: 'No such resource',
    meaning: 'Nothing is served at this path.',
  },
  user_not_found: {
    status: 404,
    title: 'No such user',
    meaning: 'The user does not exist, or the caller may not know whether it does.',
  },
  session_not_found: {
    status: 404,
    title: 'No such session',
    meaning: 'The user has no live session with this id.',
  },
  service_account_not_found: {
    status: 404,
    title: 'No such service account',
    meaning: 'No service account in use has this id.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The path exists, but not with this method; the `Allow` header lists those it has.',
  },
  request_timeout: {
    status: 408,
    title: 'Request too slow',
    meaning: 'The request did not arrive completely in time.',
  },
  email_taken: {
    status: 409,
    title: 'E-mail address in use',
    meaning: 'Another account has this e-mail address.',
  },
  service_account_name_taken: {
    status: 409,
    title: 'Name in use',
    meaning: 'Another service account in use has this name.',
  },
  version_mismatch: {
    status: 412,
    title: 'Version does not match',
    meaning: 'The user changed since the version that `If-Match` names; read it again.',
  },
  payload_too_large: {
    status: 413,
    title: 'Body too large',
    meaning: 'The request body is larger than the route accepts.',
  },
  uri_too_long: {
    status: 414,
    title: 'URI too long',
    meaning: 'The request target is longer than 8,000 bytes.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    meaning: 'The body has a content type or encoding that the route does not accept.',
  },
  validation_failed: {
    status: 422,
    title: 'Invalid fields',
    meaning: 'One or more fields, listed in `errors`, break a rule.',
  },
  version_required: {
    status: 428,
    title: 'Version required',
    meaning: 'The request needs an `If-Match` header with the version it was made from.',
  },
  headers_too_large: {
    status: 431,
    title: 'Headers too large',
    meaning: 'The request line and headers together exceed 16 KiB.',
  },
  internal_error: {
    status: 500,
    title: 'Internal error',
    meaning: 'The service failed in a way it did not foresee; its log has the request id.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    meaning: 'More work waits than can be done in time; try again after `Retry-After`.',
  },
  unavailable: {
    status: 503,
    title: 'Unavailable',
    meaning: 'A part that the service depends on is away and nothing was changed; try again.',
  },
  outcome_unknown: {
    status: 503,
    title: 'Outcome unknown',
    meaning: 'Contact was lost while a change was being made; read before trying again.',
  },
} as const satisfies Record<ProblemCode, ProblemKind>;

/** The stable identifier of a kind of problem (RFC 9457 §3.1.1). */
export function problemType(code: ProblemCode): string {
  return `urn:user-service:problem:${code}`;
}
