import { generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';

/** Claims of an access token (RFC 9068). Tokens of services have no `sid` and no `auth_time`. */
export interface TokenClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly client_id: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly sid?: string;
  readonly auth_time?: number;
  readonly scope?: string;
  readonly key_id?: string;
}

/** Signs tokens with an Ed25519 key of its own. */
export interface FakeTokens {
  /** The document of `/.well-known/jwks.json`. */
  keySet(): { readonly keys: readonly object[] };
  sign(claims: TokenClaims): string;
  /** The claims of a token that this key signed; null for any other text. Times are not checked. */
  read(token: string): TokenClaims | null;
  /** Another key signs from now on; the former ones stay in the set. */
  rotate(): void;
}

interface Key {
  readonly kid: string;
  readonly jwk: object;
  sign(text: string): string;
  isOwn(text: string, signature: string): boolean;
}

/** More rotations than this remove the oldest key. */
const MAX_KEYS = 10;

export function createFakeTokens(): FakeTokens {
  let keys = [createKey()];
  return {
    keySet: () => ({ keys: keys.map(({ jwk }) => jwk) }),
    rotate() {
      keys = [createKey(), ...keys].slice(0, MAX_KEYS);
    },
    sign(claims) {
      const [key = createKey()] = keys;
      const text = `${encode({ alg: 'EdDSA', typ: 'at+jwt', kid: key.kid })}.${encode(claims)}`;
      return `${text}.${key.sign(text)}`;
    },
    read(token) {
      const [head = '', payload = '', signature = '', ...more] = token.split('.');
      const text = `${head}.${payload}`;
      if (more.length > 0 || !keys.some((key) => key.isOwn(text, signature))) return null;
      return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as TokenClaims;
    },
  };
}

function createKey(): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const kid = randomBytes(16).toString('base64url');
  return {
    kid,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' },
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
    isOwn: (text, signature) =>
      verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64url')),
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
