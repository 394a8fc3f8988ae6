import type { DomainErrorCode } from '../../domain/errors.ts';

/** Rejections by an interface before a use case runs, and `internal_error` for every unexpected error. */
export type EdgeCode =
  | 'malformed_request'
  | 'idempotency_key_invalid'
  | 'not_found'
  | 'method_not_allowed'
  | 'request_timeout'
  | 'payload_too_large'
  | 'uri_too_long'
  | 'unsupported_media_type'
  | 'expectation_failed'
  | 'headers_too_large'
  | 'internal_error';

/** Every `code` of a problem document. */
export type ProblemCode = DomainErrorCode | EdgeCode;

/** What a code means. It is the same over HTTP and NATS. */
export interface ProblemKind {
  /** HTTP status. NATS responses carry the same number. */
  readonly status: number;
  /** Short, and the same for every occurrence (RFC 9457 §3.1.3). */
  readonly title: string;
  /** One sentence, shown in the API documents and in `docs/reference/errors.md`. */
  readonly meaning: string;
}

/** Maps codes to statuses. A code without an entry does not compile. */
export const PROBLEMS = {
  malformed_request: {
    status: 400,
    title: 'Malformed request',
    meaning: 'The syntax of the request, its body or a header is invalid.',
  },
  idempotency_key_invalid: {
    status: 400,
    title: 'Invalid idempotency key',
    meaning:
      'The `Idempotency-Key` header is not 16 to 255 visible ASCII characters, bare or in double quotes.',
  },
  unauthenticated: {
    status: 401,
    title: 'Credentials required',
    meaning: 'The request needs an access token or a service key, and has none.',
  },
  invalid_token: {
    status: 401,
    title: 'Invalid credentials',
    meaning: 'The access token or service key is malformed, unknown, expired or revoked.',
  },
  step_up_required: {
    status: 401,
    title: 'Recent authentication required',
    meaning:
      'The last authentication was too long ago for this change; call `POST /v1/sessions/current/reauthenticate`, or send `current_password` where the route accepts it.',
  },
  invalid_credentials: {
    status: 401,
    title: 'Sign-in failed',
    meaning:
      'The e-mail address or the password is wrong, or the account is disabled; the response does not say which.',
  },
  invalid_grant: {
    status: 401,
    title: 'Refresh failed',
    meaning: 'The refresh token is unknown, expired or already used, or its session has ended.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    meaning:
      'The credentials are valid, but this request needs a different scope or kind of caller.',
  },
  session_cookie_refused: {
    status: 403,
    title: 'Session cookie refused',
    meaning:
      'The request asks for cookie mode (`X-User-Service-Session`) and comes from another site, or `sessions.cookie.enabled` is not set.',
  },
  registration_closed: {
    status: 403,
    title: 'Registration closed',
    meaning: 'Registration needs an invitation, or is left to the operator and to services.',
  },
  password_expired: {
    status: 403,
    title: 'Password expired',
    meaning:
      'The password is right but no longer accepted: an operator has expired it, and a new one has to be set.',
  },
  email_unverified: {
    status: 403,
    title: 'E-mail address not verified',
    meaning:
      'The password is right, but `registration.require_verified_email` is set and the address is not verified; a mail with a link was sent to it.',
  },
  not_found: {
    status: 404,
    title: 'Path not found',
    meaning: 'No route has this path.',
  },
  user_not_found: {
    status: 404,
    title: 'User not found',
    meaning: 'The user does not exist, or the caller may not know whether it exists.',
  },
  session_not_found: {
    status: 404,
    title: 'Session not found',
    meaning: 'The user has no active session with this id.',
  },
  service_account_not_found: {
    status: 404,
    title: 'Service account not found',
    meaning: 'No active service account has this id.',
  },
  invitation_not_found: {
    status: 404,
    title: 'Invitation not found',
    meaning: 'No invitation has this id, or it was accepted, revoked or removed after it expired.',
  },
  signing_key_not_found: {
    status: 404,
    title: 'Signing key not found',
    meaning: 'No signing key has this id.',
  },
  webhook_endpoint_not_found: {
    status: 404,
    title: 'Webhook endpoint not found',
    meaning: 'No webhook endpoint has this id.',
  },
  webhook_delivery_not_found: {
    status: 404,
    title: 'Webhook delivery not found',
    meaning:
      'The endpoint has no delivery with this id, or it was deleted after `webhooks.retention`.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    meaning:
      'The path does not support this method; the `Allow` header lists the supported methods.',
  },
  request_timeout: {
    status: 408,
    title: 'Request timeout',
    meaning: 'The complete request did not arrive in time.',
  },
  email_taken: {
    status: 409,
    title: 'E-mail address in use',
    meaning: 'Another account uses this e-mail address.',
  },
  service_account_name_taken: {
    status: 409,
    title: 'Name in use',
    meaning: 'Another active service account has this name.',
  },
  signing_key_in_use: {
    status: 409,
    title: 'Signing key in use',
    meaning: 'This key signs access tokens, so it cannot be retired without a replacement.',
  },
  too_many_service_keys: {
    status: 409,
    title: 'Too many keys',
    meaning: 'The service account has as many working keys as it may have.',
  },
  webhook_limit_reached: {
    status: 409,
    title: 'Too many webhook endpoints or secrets',
    meaning: 'There are as many webhook endpoints, or secrets of one, as there may be.',
  },
  version_exhausted: {
    status: 409,
    title: 'Version exhausted',
    meaning: 'The version of the user is the largest possible one, so the user cannot change.',
  },
  idempotency_in_progress: {
    status: 409,
    title: 'Request in progress',
    meaning:
      'A request with this `Idempotency-Key` has not ended yet; repeat yours after `Retry-After`.',
  },
  idempotency_answer_not_kept: {
    status: 409,
    title: 'Response not kept',
    meaning:
      'The first request with this `Idempotency-Key` has taken effect, and its response was too long to keep; read the result instead of repeating.',
  },
  position_gone: {
    status: 410,
    title: 'Position gone',
    meaning:
      'Events behind this position are not kept any more, or the database was replaced by an older copy; build your copy of the users again. `oldest` is the oldest position that can be gone on from.',
  },
  version_mismatch: {
    status: 412,
    title: 'Version mismatch',
    meaning: 'The user or webhook endpoint has changed since the version in `If-Match`.',
  },
  payload_too_large: {
    status: 413,
    title: 'Body too large',
    meaning: 'The body is larger than this request may have.',
  },
  uri_too_long: {
    status: 414,
    title: 'URI too long',
    meaning: 'The path and query together are longer than 8,000 bytes.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    meaning: 'The route does not accept this content type or encoding of the body.',
  },
  expectation_failed: {
    status: 417,
    title: 'Expectation failed',
    meaning: 'The request has an `Expect` header other than `100-continue`.',
  },
  validation_failed: {
    status: 422,
    title: 'Invalid fields',
    meaning: 'One or more fields are invalid; `errors` lists them.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'Idempotency key reused',
    meaning:
      'The `Idempotency-Key` was used for a request with another path, body or `If-Match`; take a new key for each new request.',
  },
  invitation_invalid: {
    status: 422,
    title: 'Invitation not valid',
    meaning: 'The invitation is unknown, expired, revoked or already used.',
  },
  challenge_invalid: {
    status: 422,
    title: 'Code or link not valid',
    meaning:
      'The code or link is wrong, unknown, expired or used, or is for something else; the response does not say which.',
  },
  version_required: {
    status: 428,
    title: 'Version required',
    meaning: 'The request needs an `If-Match` header with the version that you read.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    meaning:
      'A limit refused the request and nothing was changed; try again after `Retry-After`. The response is the same whether an account exists or not.',
  },
  headers_too_large: {
    status: 431,
    title: 'Headers too large',
    meaning:
      'The request line and the headers together are larger than 16 KiB, or there are more than 100 header fields.',
  },
  internal_error: {
    status: 500,
    title: 'Internal error',
    meaning: 'The service failed unexpectedly; its log has the details under the request id.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    meaning:
      'Too many requests are waiting and nothing was changed; try again after `Retry-After`.',
  },
  unavailable: {
    status: 503,
    title: 'Unavailable',
    meaning:
      'A dependency of the service is unavailable and nothing was changed; try again after `Retry-After`.',
  },
  outcome_unknown: {
    status: 503,
    title: 'Outcome unknown',
    meaning:
      'The connection to a dependency was lost during a change; repeat the request with the same `Idempotency-Key`, or read the state before you try again.',
  },
} as const satisfies Record<ProblemCode, ProblemKind>;

/** The `type` of a problem document (RFC 9457 §3.1.1). */
export function problemType(code: ProblemCode): string {
  return `urn:user-service:problem:${code}`;
}
