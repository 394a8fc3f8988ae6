import { type InvalidToken, invalidToken, type Refused } from './problems.ts';
import type { JsonObject } from './token.ts';

/** The claims of RFC 9068 §2.2 as the token has them. Times are seconds since the epoch. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly aud: string | readonly string[];
  readonly sub: string;
  readonly client_id: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly nbf?: number;
  readonly scope?: string;
  /** When the user last proved a password. */
  readonly auth_time?: number;
  readonly [claim: string]: unknown;
}

/** A user, by an access token of a session. */
export interface VerifiedUser {
  readonly kind: 'user';
  /** `sub`: a UUID in lower case. */
  readonly id: string;
  /** `sid`: a UUID in lower case. */
  readonly sessionId: string;
  /** The words of `scope`; tokens of user-service give users none. */
  readonly scopes: readonly string[];
  readonly claims: AccessTokenClaims;
}

/** A service account, by an access token for its key. */
export interface VerifiedService {
  readonly kind: 'service';
  /** `sub`, which is `client_id` too: a UUID in lower case. */
  readonly id: string;
  /** `key_id`. */
  readonly keyId: string;
  readonly scopes: readonly string[];
  readonly claims: AccessTokenClaims;
}

export type Verified = VerifiedUser | VerifiedService;

export interface ExpectedClaims {
  readonly issuer: string;
  /** The token has to be for one of them. */
  readonly audiences: readonly string[];
  readonly toleranceSeconds: number;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID, in letters of any case. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/**
 * Reads the claims of a payload whose signature was checked. `iat` is not compared with the time: it is that of the
 * issuer's database, which may be ahead. `sid` tells a token of a user from one of a service.
 * @param nowSeconds since the epoch
 */
export function readClaims(
  payload: JsonObject,
  { issuer, audiences, toleranceSeconds }: ExpectedClaims,
  nowSeconds: number,
): Verified | Refused<InvalidToken> {
  const { iss, aud, exp, nbf } = payload;
  if (iss !== issuer) return invalidToken('issuer');
  if (!isFor(aud, audiences)) return invalidToken('audience');
  if (!isTime(exp)) return invalidToken('claims');
  if (exp <= nowSeconds - toleranceSeconds) return invalidToken('expired');
  if (nbf !== undefined && !isTime(nbf)) return invalidToken('claims');
  if (nbf !== undefined && nbf > nowSeconds + toleranceSeconds) {
    return invalidToken('not_yet_valid');
  }
  return readSubject(payload) ?? invalidToken('claims');
}

function readSubject(payload: JsonObject): Verified | null {
  const { sub, sid, iat, jti, client_id: client, scope, auth_time: authTime } = payload;
  if (!isUuid(sub) || !isTime(iat)) return null;
  if (typeof jti !== 'string' || typeof client !== 'string') return null;
  if (scope !== undefined && typeof scope !== 'string') return null;
  if (authTime !== undefined && !isTime(authTime)) return null;
  const { key_id: keyId } = payload;
  const claims = freeze(payload) as unknown as AccessTokenClaims;
  const scopes = scope === undefined ? NO_SCOPES : readScopes(scope);
  const common = { id: sub.toLowerCase(), scopes, claims };
  if (sid !== undefined) {
    if (!isUuid(sid) || keyId !== undefined) return null;
    return Object.freeze({ kind: 'user', ...common, sessionId: sid.toLowerCase() });
  }
  // The token of a service names its key (and is not the one of a user that lost its `sid`).
  if (!isUuid(keyId) || sub !== client) return null;
  return Object.freeze({ kind: 'service', ...common, keyId });
}

const NO_SCOPES: readonly string[] = Object.freeze([]);

function readScopes(scope: string): readonly string[] {
  return Object.freeze(scope.split(' ').filter((word) => word !== ''));
}

/** Requests share the claims of a cached token: none may change them for the others. */
function freeze(payload: JsonObject): JsonObject {
  for (const name in payload) {
    const value = payload[name];
    if (typeof value === 'object' && value !== null) freeze(value as JsonObject);
  }
  return Object.freeze(payload);
}

/** The claim is one audience or a list of them (RFC 7519 §4.1.3). */
function isFor(claim: unknown, audiences: readonly string[]): boolean {
  const listed: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return audiences.some((audience) => listed.includes(audience));
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
