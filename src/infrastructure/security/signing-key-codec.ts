import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import type { DerivedKeys } from './master-key.ts';
import { openWithAny, sealBytes } from './sealing.ts';
import type { StoredSigningKey } from './signing-key-store.ts';

/** The published form of an Ed25519 public key (RFC 8037 §2); no other JWK member is published. */
export interface PublicJwk extends Readonly<Record<string, unknown>> {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

export type NewSigningKey = Omit<StoredSigningKey, 'status' | 'createdAt'>;

/** 32 bytes in base64url. */
const X_FORM = /^[A-Za-z0-9_-]{43}$/;
/** 132 bits of a thumbprint; a whole thumbprint would look like key material in logs. */
const KID_LENGTH = 22;
/** Key ids are used as map keys and column values only: no path, no query, no white space. */
const KID_FORM = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Creates an Ed25519 key pair. Its id is the start of its thumbprint (RFC 7638); the private key is encrypted and bound
 * to that id.
 */
export function generateSigningKey(encryptionKey: Uint8Array): NewSigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x } = publicKey.export({ format: 'jwk' });
  const kid = thumbprint(x ?? '').slice(0, KID_LENGTH);
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

/** SHA-256 over the required members in the order of their names, in base64url (RFC 7638 §3, RFC 8037 §2). */
function thumbprint(x: string): string {
  const members = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x });
  return createHash('sha256').update(members).digest('base64url');
}

/** Decrypts a stored private key. @returns null when no accepted key opens it or any stored bit differs. */
export function openPrivateKey(keys: DerivedKeys, stored: StoredSigningKey): KeyObject | null {
  const encoded = openWithAny(keys, stored.encryptedPrivateKey, stored.kid);
  if (encoded === null) return null;
  const privateKey = createPrivateKey({ key: Buffer.from(encoded), format: 'der', type: 'pkcs8' });
  encoded.fill(0);
  return privateKey;
}

/** Reads a stored public key. @returns null when it is not an Ed25519 key. */
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
