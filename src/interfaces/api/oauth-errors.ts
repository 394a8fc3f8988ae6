import Type, { type Static } from 'typebox';
import { PROBLEMS, type ProblemCode } from './problem-table.ts';
import type { Problem } from './problems.ts';

/** Error codes of RFC 6749 §5.2, RFC 7009 §2.2.1 and RFC 8707 §2; the last two are for failures of the server. */
export const OAUTH_ERRORS = {
  invalid_request: 'A parameter is missing, repeated or malformed.',
  invalid_client: 'The client is unknown, or its credentials are not valid.',
  invalid_grant: 'The refresh token is not valid.',
  unauthorized_client: 'This client may not use this grant or this token.',
  unsupported_grant_type: 'The grant is neither `refresh_token` nor `client_credentials`.',
  invalid_scope: 'A scope is unknown, or not one of the client.',
  invalid_target: 'The audience is not one of those that tokens can be for.',
  unsupported_token_type: 'Tokens of this kind cannot be revoked one by one.',
  temporarily_unavailable: 'Nothing was changed; try again after `Retry-After`.',
  server_error: 'The service failed unexpectedly.',
} as const;

export type OAuthErrorCode = keyof typeof OAUTH_ERRORS;

export const oauthErrorSchema = Type.Object({
  error: Type.String({ enum: Object.keys(OAUTH_ERRORS), description: 'What went wrong.' }),
  error_description: Type.String({ description: 'For people. It never repeats the input.' }),
});

/** A rejection by the OAuth endpoints. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly error: OAuthErrorCode;

  constructor(error: OAuthErrorCode, description: string) {
    super(description);
    this.error = error;
  }
}

/** The code of an OAuth error in logs and metrics. */
export function problemOf({ error, message }: OAuthError): Problem {
  const code = error === 'invalid_client' ? 'unauthenticated' : 'malformed_request';
  return { code, detail: message };
}

/** Statuses that say more about the request than 400 would. */
const KEPT_STATUSES: ReadonlySet<number> = new Set([408, 413, 414, 417, 431]);

/** The OAuth error of a problem, and its status. */
export function oauthErrorOf(code: ProblemCode): {
  readonly error: OAuthErrorCode;
  readonly status: number;
} {
  const { status }: { readonly status: number } = PROBLEMS[code];
  if (code === 'invalid_grant') return { error: 'invalid_grant', status: 400 };
  if (status === 401) return { error: 'invalid_client', status };
  if (status === 403) return { error: 'unauthorized_client', status: 400 };
  if (status === 429 || status === 503) return { error: 'temporarily_unavailable', status };
  if (status >= 500) return { error: 'server_error', status };
  return { error: 'invalid_request', status: KEPT_STATUSES.has(status) ? status : 400 };
}

/** Characters that `error_description` must not have (RFC 6749 §5.2). */
const NOT_ALLOWED = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g;

export function oauthDocument(
  error: OAuthErrorCode,
  description: string,
): Static<typeof oauthErrorSchema> {
  return { error, error_description: description.replace(NOT_ALLOWED, "'") };
}
