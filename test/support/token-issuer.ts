import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';

const ISSUER = 'https://accounts.example.com';

/** What a token says, apart from the defaults. */
export type ClaimChanges = Readonly<Record<string, unknown>>;

/** An issuer of access tokens as user-service writes them, with one key. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly jwk: Readonly<Record<string, unknown>>;
  /** A token for `orders`, of a user and a session that no other token has; issued at `nowSeconds`, for 10 minutes. */
  token(changes?: ClaimChanges): string;
}

/** @param nowSeconds the time at which tokens are issued, in seconds since the epoch */
export function createTokenIssuer(
  kid: string,
  nowSeconds: () => number = () => Math.floor(Date.now() / 1_000),
): TokenIssuer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    issuer: ISSUER,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' },
    token(changes = {}) {
      const iat = nowSeconds();
      return signToken(privateKey, kid, {
        ...{ iss: ISSUER, aud: 'orders', sub: randomUUID(), sid: randomUUID(), jti: randomUUID() },
        ...{ client_id: 'first-party', iat, exp: iat + 600, ...changes },
      });
    },
  };
}

function signToken(key: KeyObject, kid: string, claims: object): string {
  const parts = [{ alg: 'EdDSA', typ: 'at+jwt', kid }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signed = parts.join('.');
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
}
