import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify, SignJWT } from 'jose';
import type { Clock, IdGenerator, Logger } from '../../domain/ports.ts';
import {
  type AccessTokenClaims,
  type AccessTokens,
  CLOCK_LEEWAY_SECONDS,
} from '../../domain/session/access-tokens.ts';
import { isUuid } from '../system/ids.ts';
import { createKeyRing, type KeyRing } from './key-ring.ts';
import { deriveKey } from './master-key.ts';
import type { SigningKeyStore } from './signing-key-store.ts';

export interface AccessTokensDeps {
  readonly keys: SigningKeyStore;
  readonly masterKey: Uint8Array;
  /** The `iss` of every token. */
  readonly issuer: string;
  /** The `aud` of every token. */
  readonly audience: string;
  /** The `client_id` of tokens issued here. */
  readonly clientId: string;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly logger: Logger;
}

/** Access tokens whose keys can be loaded in advance. */
export interface PreparedAccessTokens extends AccessTokens {
  /**
   * Loads the signing keys, or creates the first one. Call it once at start.
   * @throws WrongMasterKey when the stored key was sealed under another `security.master_key`.
   */
  prepare(): Promise<void>;
}

/** The only algorithm accepted, regardless of the token's header (RFC 8725 §3.1). */
const ALGORITHM = 'EdDSA';
/** RFC 9068 §2.1. */
const TYPE = 'at+jwt';
/** Issued tokens have about 600 characters; longer input is rejected before parsing. */
const MAX_TOKEN_LENGTH = 4_096;
/**
 * A compact JWS whose signature has the 64 bytes of Ed25519 in base64url, with zero in the four spare bits (RFC 4648
 * §3.5) and without padding. A decoder ignores both, and white space: one token would have many spellings, of which a
 * list of refused tokens knows only one. The signature itself protects the spelling of the other two parts.
 */
const FORM = /^[\w-]+\.[\w-]+\.[\w-]{85}[AQgw]$/;
const REQUIRED_CLAIMS = ['iss', 'aud', 'sub', 'client_id', 'sid', 'jti', 'iat', 'exp'];

/**
 * Access tokens as RFC 9068 defines them, signed with Ed25519. The header's `kid` only selects one of the stored keys;
 * `jku`, `x5u`, `x5c` and `jwk` are ignored, and any `crit` is rejected.
 *
 * `verify` returns null for an invalid token. It rejects when the key store fails, since the token may be valid.
 */
export function createAccessTokens(deps: AccessTokensDeps): PreparedAccessTokens {
  const { issuer, audience, clientId, clock, ids } = deps;
  const ring = createKeyRing({
    ...deps,
    encryptionKey: deriveKey(deps.masterKey, 'signing-key-encryption'),
  });
  const getKey = storedKeysOnly(ring);

  return {
    prepare: () => ring.prepare(),
    async issue({ userId, sessionId, expiresInSeconds }) {
      const { kid, privateKey } = await ring.signingKey();
      const issuedAt = epochSeconds(clock);
      return new SignJWT({ client_id: clientId, sid: sessionId })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(userId)
        .setJti(ids.next())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + expiresInSeconds)
        .sign(privateKey);
    },
    async verify(token) {
      if (token.length > MAX_TOKEN_LENGTH || !FORM.test(token)) return null;
      try {
        const { payload } = await jwtVerify(token, getKey, {
          algorithms: [ALGORITHM],
          typ: TYPE,
          issuer,
          audience,
          requiredClaims: REQUIRED_CLAIMS,
          clockTolerance: CLOCK_LEEWAY_SECONDS,
          currentDate: clock.now(),
        });
        return readClaims(payload);
      } catch (error) {
        if (error instanceof errors.JOSEError) return null;
        throw error;
      }
    },
    publicKeys: async () => ({ keys: await ring.publicJwks() }),
  };
}

function storedKeysOnly(ring: KeyRing): JWTVerifyGetKey {
  return async (header) => {
    // A key or an extension that the token itself names may come from an attacker (RFC 8725 §3.10).
    if (header.crit !== undefined || typeof header.kid !== 'string') throw new errors.JWSInvalid();
    const key = await ring.publicKey(header.kid);
    if (key === null) throw new errors.JWKSNoMatchingKey();
    return key;
  };
}

function readClaims(payload: JWTPayload): AccessTokenClaims | null {
  const { sub, sid, jti, iat, exp, client_id: client } = payload;
  if (typeof sub !== 'string' || !isUuid(sub) || typeof sid !== 'string' || !isUuid(sid))
    return null;
  if (typeof jti !== 'string' || typeof client !== 'string') return null;
  if (iat === undefined || exp === undefined) return null;
  return {
    userId: sub.toLowerCase(),
    sessionId: sid.toLowerCase(),
    clientId: client,
    tokenId: jti,
    issuedAt: iat,
    expiresAt: exp,
  };
}

function epochSeconds(clock: Clock): number {
  return Math.floor(clock.now().getTime() / 1_000);
}
