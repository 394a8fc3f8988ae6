import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';

/** The algorithms of access tokens (RFC 7518 §3.1, RFC 8037). No other one verifies. */
export type Algorithm = 'EdDSA' | 'ES256' | 'RS256';

/** A public key with its only algorithm. */
export interface VerificationKey {
  readonly kid: string;
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
  readonly signatureBytes: number;
}

/** Smallest modulus (RFC 7518 §3.3), and the largest: a longer one makes each check slow. */
const RSA_BITS = { min: 2_048, max: 4_096 };
const MAX_KID_LENGTH = 256;

/**
 * Reads a key of a JWKS. The algorithm is that of the key: by `alg`, which has to fit its type and curve.
 * @returns null for a key that verifies no access token, such as one for encryption or of another curve
 */
export function readVerificationKey(jwk: unknown): VerificationKey | null {
  if (typeof jwk !== 'object' || jwk === null) return null;
  const { kid, kty, crv, alg, use, key_ops: operations } = jwk as Record<string, unknown>;
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_LENGTH) return null;
  if (use !== undefined && use !== 'sig') return null;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return null;
  }
  const algorithm = algorithmOf(kty, crv);
  if (algorithm === null || alg !== algorithm) return null;
  const key = importPublic(jwk as JsonWebKey, algorithm);
  if (key === null) return null;
  if (algorithm !== 'RS256') return { kid, algorithm, key, signatureBytes: 64 };
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < RSA_BITS.min || bits > RSA_BITS.max) return null;
  return { kid, algorithm, key, signatureBytes: Math.ceil(bits / 8) };
}

export function isSignedBy(
  { algorithm, key }: VerificationKey,
  signed: string,
  signature: Uint8Array,
): boolean {
  const bytes = Buffer.from(signed, 'latin1');
  switch (algorithm) {
    case 'EdDSA':
      return verify(null, bytes, key, signature);
    // R and S side by side (RFC 7518 §3.4), not the DER form of OpenSSL.
    case 'ES256':
      return verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature);
    case 'RS256':
      return verify('sha256', bytes, key, signature);
  }
}

function algorithmOf(kty: unknown, crv: unknown): Algorithm | null {
  if (kty === 'OKP' && crv === 'Ed25519') return 'EdDSA';
  if (kty === 'EC' && crv === 'P-256') return 'ES256';
  return kty === 'RSA' ? 'RS256' : null;
}

/** Takes the public members alone: no JWKS makes this process hold a private key. */
function importPublic(jwk: JsonWebKey, algorithm: Algorithm): KeyObject | null {
  const { kty, crv, x, y, n, e } = jwk as Record<string, string>;
  const key = { EdDSA: { kty, crv, x }, ES256: { kty, crv, x, y }, RS256: { kty, n, e } };
  try {
    return createPublicKey({ key: key[algorithm] as JsonWebKey, format: 'jwk' });
  } catch {
    return null;
  }
}
