import type { Clock, IdGenerator, Logger } from '../../domain/ports.ts';
import type { AccessTokens } from '../../domain/session/access-tokens.ts';
import { readAccessTokenClaims } from './access-token-claims.ts';
import {
  isSignedBy,
  type JsonObject,
  parseCompactJws,
  parseJsonObject,
  signCompactJws,
} from './compact-jws.ts';
import { createKeyRing } from './key-ring.ts';
import type { MasterKeys } from './master-key.ts';
import { findAlgorithm, type SigningAlgorithm } from './signing-algorithms.ts';
import type { SigningKeySource } from './signing-key-store.ts';

export interface AccessTokensDeps {
  readonly keys: SigningKeySource;
  readonly masterKeys: MasterKeys;
  /** The algorithm of a key that is created here. Stored keys keep theirs. */
  readonly algorithm: SigningAlgorithm;
  /** The `iss` of every token. */
  readonly issuer: string;
  /** The accepted `aud`. A token is issued for one of them, by default the first. */
  readonly audience: readonly string[];
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
  /** Loads the signing keys as they are after this call. @throws the errors of the key store. */
  refresh(): Promise<void>;
  /** Tells, from now on, when a key has left the store: what was verified with it does not count any more. */
  onKeyRemoved(listener: () => void): void;
}

/** RFC 9068 §2.1. */
const TYPE = 'at+jwt';
/** The type with and without the prefix that may be left out; its letters have no case (RFC 7515 §4.1.9). */
const TYPE_FORM = /^(?:application\/)?at\+jwt$/i;
/** Issued tokens have about 600 characters; longer input is rejected before parsing. */
const MAX_TOKEN_LENGTH = 4_096;

/**
 * Access tokens as RFC 9068 defines them. The header's `kid` only selects one of the stored keys, and that key has one
 * algorithm, which the header must name (RFC 8725 §3.1). `jku`, `x5u`, `x5c` and `jwk` are ignored, and any `crit` is
 * rejected.
 *
 * `verify` returns null for an invalid token. It rejects when the key store fails, since the token may be valid.
 */
export function createAccessTokens(deps: AccessTokensDeps): PreparedAccessTokens {
  const { issuer, audience, clientId, clock, ids } = deps;
  let onRemoved = (): void => undefined;
  const ring = createKeyRing({
    ...deps,
    onRemoved: () => onRemoved(),
    encryptionKeys: deps.masterKeys.derive('signing-key-encryption'),
  });

  async function sign(
    { expiresInSeconds, audience: aud }: { expiresInSeconds: number; audience?: string },
    own: JsonObject & { readonly iat?: number },
  ): Promise<string> {
    const { kid, algorithm, privateKey } = await ring.signingKey();
    const now = epochSeconds(clock);
    const claims = {
      iat: now,
      ...own,
      iss: issuer,
      aud: aud ?? audience[0],
      jti: ids.next(),
      exp: now + expiresInSeconds,
    };
    return signCompactJws({ alg: algorithm, typ: TYPE, kid }, claims, {
      algorithm,
      key: privateKey,
    });
  }

  return {
    prepare: () => ring.prepare(),
    refresh: () => ring.refresh(),
    onKeyRemoved(listener) {
      onRemoved = listener;
    },
    issue: ({ userId, sessionId, authenticatedAt, issuedAt, ...rest }) =>
      sign(rest, {
        client_id: clientId,
        sid: sessionId,
        sub: userId,
        auth_time: authenticatedAt,
        ...(issuedAt === undefined ? {} : { iat: issuedAt }),
      }),
    issueForService: ({ accountId, keyId, scopes, ...rest }) =>
      sign(rest, {
        client_id: accountId,
        sub: accountId,
        key_id: keyId,
        scope: scopes.join(' '),
      }),
    async verify(token) {
      if (token.length > MAX_TOKEN_LENGTH) return null;
      const jws = parseCompactJws(token);
      const kid = jws === null ? null : readKeyId(jws.header);
      if (jws === null || kid === null) return null;
      const key = await ring.publicKey(kid);
      if (key === null || jws.header.alg !== key.algorithm || !isSignedBy(jws, key)) return null;
      const payload = parseJsonObject(jws.payload);
      if (payload === null) return null;
      return readAccessTokenClaims(payload, {
        issuer,
        audiences: audience,
        now: epochSeconds(clock),
      });
    },
    async publicKeys() {
      const { jwks, isCurrent } = await ring.publicJwks();
      return { keys: jwks, isCurrent };
    },
  };
}

/**
 * A key or an extension that the token itself names may come from an attacker (RFC 8725 §3.10), so no other member of
 * the header is read.
 * @returns null for a header that no token of this service has.
 */
function readKeyId({ alg, typ, kid, crit }: JsonObject): string | null {
  if (findAlgorithm(alg) === undefined || crit !== undefined) return null;
  if (typeof typ !== 'string' || !TYPE_FORM.test(typ)) return null;
  return typeof kid === 'string' ? kid : null;
}

function epochSeconds(clock: Clock): number {
  return Math.floor(clock.now().getTime() / 1_000);
}
