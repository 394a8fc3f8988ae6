import { hkdfSync, randomBytes } from 'node:crypto';

/** Fewest bytes of a master key: 256 bits. */
export const MASTER_KEY_MIN_BYTES = 32;

/** Every use of the master key; each gets a key of its own, so that one of them tells nothing of another. */
export type KeyPurpose = 'signing-key-encryption' | 'refresh-token-authentication';

/** A new master key of 32 random bytes in base64, as `security.master_key` takes it. */
export function generateMasterKey(): string {
  return randomBytes(MASTER_KEY_MIN_BYTES).toString('base64');
}

/**
 * The 32-byte key for one purpose (HKDF-SHA-256, RFC 5869). The master key is random, so no salt is needed (§3.1).
 * @throws Error when the master key is too short: whoever reads it from outside has checked it before.
 */
export function deriveKey(masterKey: Uint8Array, purpose: KeyPurpose): Uint8Array {
  if (masterKey.byteLength < MASTER_KEY_MIN_BYTES) {
    throw new Error(`a master key has at least ${MASTER_KEY_MIN_BYTES} bytes`);
  }
  return new Uint8Array(hkdfSync('sha256', masterKey, '', `user-service/${purpose}/1`, 32));
}
