import { SCOPES } from '../../domain/access/scope.ts';
import {
  type AccessTokenClaims,
  CLOCK_LEEWAY_SECONDS,
} from '../../domain/session/access-tokens.ts';
import { isUuid } from '../../lib/uuid.ts';
import type { JsonObject } from './compact-jws.ts';

/** What the claims of a token are compared with. */
export interface ExpectedClaims {
  readonly issuer: string;
  /** The token has to be for one of them. */
  readonly audiences: readonly string[];
  /** Seconds since the epoch. */
  readonly now: number;
}

/** The claims that tokens of users and of services have. */
type Common = Pick<
  AccessTokenClaims,
  'clientId' | 'tokenId' | 'audience' | 'issuedAt' | 'expiresAt'
>;

/**
 * Reads the claims of RFC 9068 §2.2 from a payload whose signature was checked. `sid` tells a token of a user from one of
 * a service: neither can be read as the other.
 * @returns null when one is missing, has another type or another value, or when the token is not valid at this time.
 */
export function readAccessTokenClaims(
  payload: JsonObject,
  { issuer, audiences, now }: ExpectedClaims,
): AccessTokenClaims | null {
  const { iss, aud, jti, iat, exp, nbf, client_id: client } = payload;
  const audience = readAudience(aud);
  if (iss !== issuer || !audiences.some((own) => audience.includes(own))) return null;
  if (typeof jti !== 'string' || typeof client !== 'string') return null;
  if (typeof iat !== 'number' || typeof exp !== 'number') return null;
  if (exp <= now - CLOCK_LEEWAY_SECONDS) return null;
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now + CLOCK_LEEWAY_SECONDS)) {
    return null;
  }
  const common = { clientId: client, tokenId: jti, audience, issuedAt: iat, expiresAt: exp };
  return payload.sid === undefined ? readService(payload, common) : readUser(payload, common);
}

function readUser(payload: JsonObject, common: Common): AccessTokenClaims | null {
  const { sub, sid, key_id: keyId, auth_time: authTime } = payload;
  if (typeof sub !== 'string' || !isUuid(sub)) return null;
  if (typeof sid !== 'string' || !isUuid(sid) || keyId !== undefined) return null;
  if (authTime !== undefined && typeof authTime !== 'number') return null;
  return {
    kind: 'user',
    userId: sub.toLowerCase(),
    sessionId: sid.toLowerCase(),
    authenticatedAt: authTime ?? null,
    ...common,
  };
}

function readService(payload: JsonObject, common: Common): AccessTokenClaims | null {
  const { sub, key_id: keyId, scope } = payload;
  if (typeof sub !== 'string' || !isUuid(sub) || sub !== common.clientId) return null;
  if (typeof keyId !== 'string' || !isUuid(keyId) || typeof scope !== 'string') return null;
  const named = scope.split(' ');
  return {
    kind: 'service',
    accountId: sub,
    keyId,
    scopes: SCOPES.filter((known) => named.includes(known)),
    ...common,
  };
}

/** The claim is one audience or a list of them (RFC 7519 §4.1.3). */
function readAudience(claim: unknown): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return listed.filter((audience) => typeof audience === 'string');
}
