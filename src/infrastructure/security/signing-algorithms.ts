import { type KeyObject, sign, verify } from 'node:crypto';

/** The algorithms of access tokens (RFC 7518 §3.1, RFC 8037). The list is closed: no other one signs or verifies. */
export const SIGNING_ALGORITHMS = ['EdDSA', 'ES256', 'RS256'] as const;

export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export interface AlgorithmSpec {
  /** What `generateKeyPair` takes. */
  readonly keyType: 'ed25519' | 'ec' | 'rsa';
  readonly keyOptions: Readonly<Record<string, unknown>>;
  /** The members of a public JWK that do not depend on the key. */
  readonly jwk: Readonly<Record<string, string>>;
  /** The other members, with their only accepted form. */
  readonly jwkForms: Readonly<Record<string, RegExp>>;
  readonly signatureBytes: number;
  sign(signed: Uint8Array, key: KeyObject): Uint8Array | Promise<Uint8Array>;
  verify(signed: Uint8Array, key: KeyObject, signature: Uint8Array): boolean;
}

/** 32 bytes in base64url. */
const BYTES_32 = /^[A-Za-z0-9_-]{43}$/;
/** 128 bits of security (NIST SP 800-57 part 1, table 2). */
const RSA_BITS = 3_072;

/**
 * Ed25519 and P-256 sign on the calling thread: some 40 µs, less than the way to a thread of the pool and back. RSA
 * takes milliseconds, so it signs in the pool.
 */
export const ALGORITHM_SPECS: Readonly<Record<SigningAlgorithm, AlgorithmSpec>> = {
  EdDSA: {
    keyType: 'ed25519',
    keyOptions: {},
    jwk: { kty: 'OKP', crv: 'Ed25519' },
    jwkForms: { x: BYTES_32 },
    signatureBytes: 64,
    sign: (signed, key) => sign(null, signed, key),
    verify: (signed, key, signature) => verify(null, signed, key, signature),
  },
  ES256: {
    keyType: 'ec',
    keyOptions: { namedCurve: 'P-256' },
    jwk: { kty: 'EC', crv: 'P-256' },
    jwkForms: { x: BYTES_32, y: BYTES_32 },
    signatureBytes: 64,
    // R and S side by side (RFC 7518 §3.4), not the DER form of OpenSSL.
    sign: (signed, key) => sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }),
    verify: (signed, key, signature) =>
      verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature),
  },
  RS256: {
    keyType: 'rsa',
    keyOptions: { modulusLength: RSA_BITS },
    jwk: { kty: 'RSA' },
    jwkForms: { e: /^AQAB$/, n: new RegExp(`^[A-Za-z0-9_-]{${RSA_BITS / 6}}$`) },
    signatureBytes: RSA_BITS / 8,
    sign: (signed, key) =>
      new Promise((resolve, reject) => {
        sign('sha256', signed, key, (error, signature) =>
          error === null ? resolve(signature) : reject(error),
        );
      }),
    verify: (signed, key, signature) => verify('sha256', signed, key, signature),
  },
};

/** @returns undefined for a name that is not on the list, such as `none`. */
export function findAlgorithm(name: unknown): SigningAlgorithm | undefined {
  return SIGNING_ALGORITHMS.find((algorithm) => algorithm === name);
}
