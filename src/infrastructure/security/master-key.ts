import { hkdfSync, randomBytes } from 'node:crypto';

/** 256 bits. */
export const MASTER_KEY_MIN_BYTES = 32;

/** Uses of the master key. Each has a derived key, so that one key reveals nothing about another. */
export type KeyPurpose =
  | 'signing-key-encryption'
  | 'refresh-token-authentication'
  | 'cached-email-names';

/** Returns 32 random bytes in base64, the format of `security.master_key`. */
export function generateMasterKey(): string {
  return randomBytes(MASTER_KEY_MIN_BYTES).toString('base64');
}

/**
 * Derives the 32-byte key for one purpose (HKDF-SHA-256, RFC 5869). The master key is random, so it needs no salt
 * (§3.1).
 * @throws Error when the master key is too short; the configuration checks its length before.
 */
export function deriveKey(masterKey: Uint8Array, purpose: KeyPurpose): Uint8Array {
  if (masterKey.byteLength < MASTER_KEY_MIN_BYTES) {
    throw new Error(`a master key has at least ${MASTER_KEY_MIN_BYTES} bytes`);
  }
  return new Uint8Array(hkdfSync('sha256', masterKey, '', `user-service/${purpose}/1`, 32));
}
