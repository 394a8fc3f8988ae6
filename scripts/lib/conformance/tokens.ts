import { createHmac, sign, verify } from 'node:crypto';
import { ed25519Key, p256Key, rsaKey, type TestKey } from './test-keys.ts';

/** The time of all vectors, in seconds since the epoch. */
export const NOW = 1_790_000_000;
export const ISSUER = 'https://accounts.example.com';
export const AUDIENCE = 'orders';
export const TOLERANCE_SECONDS = 60;
export const USER_ID = '0198c0de-0000-7000-8000-00000000a001';
export const SESSION_ID = '0198c0de-0000-7000-8000-00000000b001';
export const SERVICE_ID = '0198c0de-0000-7000-8000-00000000c001';

type Members = Readonly<Record<string, unknown>>;
export type SigningAlgorithm = 'EdDSA' | 'ES256' | 'RS256';

/** The keys that sign the vectors. */
export const KEYS = {
  EdDSA: { kid: 'test-ed25519', ...ed25519Key('ed25519') },
  ES256: { kid: 'test-p256', ...p256Key('p256') },
  RS256: { kid: 'test-rsa', ...rsaKey('rsa') },
} as const;
/** A key that is in no set. */
export const OTHER_KEY = ed25519Key('another issuer');

export function publicJwk(algorithm: SigningAlgorithm): Readonly<Record<string, string>> {
  const { kid, jwk } = KEYS[algorithm];
  return { ...jwk, kid, alg: algorithm, use: 'sig' };
}

export const JWKS = { keys: [publicJwk('EdDSA'), publicJwk('ES256'), publicJwk('RS256')] };

export const userClaims: Members = {
  ...{ iss: ISSUER, aud: AUDIENCE, sub: USER_ID, sid: SESSION_ID, client_id: 'first-party' },
  ...{ jti: '0198c0de-0000-7000-8000-00000000d001', iat: NOW - 10, exp: NOW + 590 },
  auth_time: NOW - 10,
};

export const serviceClaims: Members = {
  ...{ iss: ISSUER, aud: AUDIENCE, sub: SERVICE_ID, client_id: SERVICE_ID },
  ...{ jti: '0198c0de-0000-7000-8000-00000000d002', iat: NOW - 10, exp: NOW + 590 },
  ...{ key_id: '0198c0de-0000-7000-8000-00000000e001', scope: 'users:read events:read' },
};

export function header(algorithm: SigningAlgorithm, changes: Members = {}): Members {
  return without({ alg: algorithm, typ: 'at+jwt', kid: KEYS[algorithm].kid, ...changes });
}

/** Leaves out the members that are undefined. */
export function without(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** Signs tokens. ECDSA takes a random number for each signature, so an earlier one of the same text is taken again. */
export function createSigner(earlierTokens: readonly string[]) {
  const earlier = new Map<string, string>();
  for (const token of earlierTokens) {
    const end = token.lastIndexOf('.');
    const signed = token.slice(0, end);
    if (!earlier.has(signed)) earlier.set(signed, token.slice(end + 1));
  }

  function signEs256(signed: string, { privateKey }: TestKey): string {
    const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
    const known = earlier.get(signed) ?? '';
    const isValid = verify('sha256', Buffer.from(signed), key, Buffer.from(known, 'base64url'));
    return isValid ? known : encode(sign('sha256', Buffer.from(signed), key));
  }

  function signText(signed: string, algorithm: SigningAlgorithm, key: TestKey): string {
    if (algorithm === 'ES256') return signEs256(signed, key);
    const digest = algorithm === 'EdDSA' ? null : 'sha256';
    return encode(sign(digest, Buffer.from(signed), key.privateKey));
  }

  return {
    /** Signs a header and a payload: objects, or JSON as it shall stand in the token. */
    token(
      algorithm: SigningAlgorithm,
      head: Members | string,
      payload: Members | string,
      key: TestKey = KEYS[algorithm],
    ): string {
      const signed = `${encodeJson(head)}.${encodeJson(payload)}`;
      return `${signed}.${signText(signed, algorithm, key)}`;
    },
    /** Signs two parts that are spelled already. */
    parts: (algorithm: SigningAlgorithm, signed: string): string =>
      `${signed}.${signText(signed, algorithm, KEYS[algorithm])}`,
    /** An HMAC with a public key as its secret. */
    hmac(head: Members, payload: Members, secret: string): string {
      const signed = `${encodeJson(head)}.${encodeJson(payload)}`;
      return `${signed}.${encode(createHmac('sha256', secret).update(signed).digest())}`;
    },
  };
}

export type Signer = ReturnType<typeof createSigner>;

export function encodeJson(value: Members | string): string {
  return encode(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
}

export function encode(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
