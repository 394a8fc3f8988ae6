import {
  type AccessTokenClaims,
  CLOCK_LEEWAY_SECONDS,
} from '../../domain/session/access-tokens.ts';
import { isUuid } from '../../lib/uuid.ts';
import type { JsonObject } from './compact-jws.ts';

/** What the claims of a token are compared with. */
export interface ExpectedClaims {
  readonly issuer: string;
  readonly audience: string;
  /** Seconds since the epoch. */
  readonly now: number;
}

/**
 * Reads the claims of RFC 9068 §2.2 from a payload whose signature was checked.
 * @returns null when one is missing, has another type or another value, or when the token is not valid at this time.
 */
export function readAccessTokenClaims(
  payload: JsonObject,
  { issuer, audience, now }: ExpectedClaims,
): AccessTokenClaims | null {
  const { iss, aud, sub, sid, jti, iat, exp, nbf, client_id: client } = payload;
  if (iss !== issuer || !isFor(audience, aud)) return null;
  if (typeof sub !== 'string' || !isUuid(sub)) return null;
  if (typeof sid !== 'string' || !isUuid(sid)) return null;
  if (typeof jti !== 'string' || typeof client !== 'string') return null;
  if (typeof iat !== 'number' || typeof exp !== 'number') return null;
  if (exp <= now - CLOCK_LEEWAY_SECONDS) return null;
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now + CLOCK_LEEWAY_SECONDS)) {
    return null;
  }
  return {
    userId: sub.toLowerCase(),
    sessionId: sid.toLowerCase(),
    clientId: client,
    tokenId: jti,
    issuedAt: iat,
    expiresAt: exp,
  };
}

/** The claim is one audience or a list of them (RFC 7519 §4.1.3). */
function isFor(audience: string, claim: unknown): boolean {
  return Array.isArray(claim) ? claim.includes(audience) : claim === audience;
}
