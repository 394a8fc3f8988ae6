import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { DerivedKeys } from './master-key.ts';

/** First byte of every sealed value; it changes with the layout. */
const LAYOUT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/**
 * Encrypts and authenticates with AES-256-GCM (NIST SP 800-38D) under a random 96-bit nonce.
 * @param key 32 bytes, used for far fewer than 2^32 values (§8.3).
 * @param context authenticated with the value; opening needs the same context.
 * @returns layout byte, nonce, tag, ciphertext.
 */
export function sealBytes(key: Uint8Array, plain: Uint8Array, context: string): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return new Uint8Array(Buffer.concat([Buffer.of(LAYOUT), nonce, cipher.getAuthTag(), body]));
}

/** Decrypts a value from `sealBytes`. @returns null when the key, the context or any bit differs. */
export function openBytes(key: Uint8Array, sealed: Uint8Array, context: string): Uint8Array | null {
  if (sealed.byteLength < 1 + NONCE_BYTES + TAG_BYTES || sealed[0] !== LAYOUT) return null;
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(tag);
  try {
    const head = decipher.update(sealed.subarray(1 + NONCE_BYTES + TAG_BYTES));
    return new Uint8Array(Buffer.concat([head, decipher.final()]));
  } catch {
    return null;
  }
}

/** Decrypts a value that is sealed under any of the accepted keys. @returns null when none opens it. */
export function openWithAny(
  keys: DerivedKeys,
  sealed: Uint8Array,
  context: string,
): Uint8Array | null {
  for (const key of keys.accepted) {
    const plain = openBytes(key, sealed, context);
    if (plain !== null) return plain;
  }
  return null;
}
