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

/**
 * Reads the claims of RFC 9068 §2.2 from a payload whose signature was checked.
 * @returns null when one is missing, has another type or another value, or when the token is not valid at this time.
 */
export function readAccessTokenClaims(
  payload: JsonObject,
  { issuer, audiences, now }: ExpectedClaims,
): AccessTokenClaims | null {
  const { iss, aud, sub, sid, jti, iat, exp, nbf, client_id: client, auth_time } = payload;
  const audience = readAudience(aud);
  if (iss !== issuer || !audiences.some((own) => audience.includes(own))) return null;
  if (typeof sub !== 'string' || !isUuid(sub)) return null;
  if (typeof sid !== 'string' || !isUuid(sid)) return null;
  if (typeof jti !== 'string' || typeof client !== 'string') return null;
  if (typeof iat !== 'number' || typeof exp !== 'number') return null;
  if (exp <= now - CLOCK_LEEWAY_SECONDS) return null;
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now + CLOCK_LEEWAY_SECONDS)) {
    return null;
  }
  if (auth_time !== undefined && typeof auth_time !== 'number') return null;
  return {
    kind: 'user',
    userId: sub.toLowerCase(),
    sessionId: sid.toLowerCase(),
    clientId: client,
    tokenId: jti,
    audience,
    authenticatedAt: auth_time ?? null,
    issuedAt: iat,
    expiresAt: exp,
  };
}

/** The claim is one audience or a list of them (RFC 7519 §4.1.3). */
function readAudience(claim: unknown): readonly string[] {
  const listed: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return listed.filter((audience) => typeof audience === 'string');
}
