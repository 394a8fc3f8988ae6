import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { openBytes, sealBytes } from './sealing.ts';
import type { StoredSigningKey } from './signing-key-store.ts';

/** The public half of an Ed25519 key as it is published (RFC 8037 §2); nothing else of a JWK leaves. */
export interface PublicJwk extends Readonly<Record<string, unknown>> {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

/** A key pair as the repository takes it. */
export type NewSigningKey = Omit<StoredSigningKey, 'status' | 'createdAt'>;

/** 32 bytes in base64url. */
const X_FORM = /^[A-Za-z0-9_-]{43}$/;
/** 132 bits of a thumbprint; a whole one would look like key material wherever it is written. */
const KID_LENGTH = 22;
/** Key ids are map keys and column values, nothing else: no path, no query, no white space. */
const KID_FORM = /^[A-Za-z0-9_-]{1,64}$/;

/** Makes an Ed25519 pair whose id is the beginning of its thumbprint (RFC 7638) and whose private half is sealed for that id alone. */
export async function generateSigningKey(encryptionKey: Uint8Array): Promise<NewSigningKey> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  const thumbprint = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x: x ?? '' });
  const kid = thumbprint.slice(0, KID_LENGTH);
  const encoded = privateKey.export({ format: 'der', type: 'pkcs8' });
  const encryptedPrivateKey = sealBytes(encryptionKey, encoded, kid);
  encoded.fill(0);
  return {
    kid,
    algorithm: 'EdDSA',
    publicJwk: { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' },
    encryptedPrivateKey,
  };
}

/** Opens a stored private half. @returns null when the encryption key is another one or the bytes were changed. */
export function openPrivateKey(
  encryptionKey: Uint8Array,
  stored: StoredSigningKey,
): KeyObject | null {
  const encoded = openBytes(encryptionKey, stored.encryptedPrivateKey, stored.kid);
  if (encoded === null) return null;
  const privateKey = createPrivateKey({ key: Buffer.from(encoded), format: 'der', type: 'pkcs8' });
  encoded.fill(0);
  return privateKey;
}

/** Reads a stored public half. @returns null for what is no Ed25519 key. */
export function readPublicKey(stored: StoredSigningKey): { key: KeyObject; jwk: PublicJwk } | null {
  const { kty, crv, x } = stored.publicJwk;
  if (stored.algorithm !== 'EdDSA' || kty !== 'OKP' || crv !== 'Ed25519') return null;
  if (typeof x !== 'string' || !X_FORM.test(x) || !KID_FORM.test(stored.kid)) return null;
  try {
    const key = createPublicKey({ key: { kty, crv, x }, format: 'jwk' });
    return { key, jwk: { kty, crv, x, kid: stored.kid, alg: 'EdDSA', use: 'sig' } };
  } catch {
    return null;
  }
}
