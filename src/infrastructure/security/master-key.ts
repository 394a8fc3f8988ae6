import { hkdfSync, randomBytes } from 'node:crypto';

/** 256 bits. */
export const MASTER_KEY_MIN_BYTES = 32;

/** Uses of the master key. Each has a derived key, so that one key reveals nothing about another. */
export type KeyPurpose =
  | 'signing-key-encryption'
  | 'refresh-token-authentication'
  | 'invitation-token-authentication'
  | 'challenge-token-authentication'
  | 'challenge-code-authentication'
  | 'challenge-counter-names'
  | 'cached-email-names'
  | 'queued-mail'
  | 'limit-names'
  | 'idempotent-answers'
  | 'sign-in-failure-names'
  | 'device-token-authentication'
  | 'webhook-secret-encryption'
  | 'master-key-fingerprint';

/**
 * The 32-byte keys for one purpose. Everything new is sealed or authenticated with `current`. What exists may be under
 * any of `accepted`, which begins with `current`: the previous master key stays in use until nothing depends on it.
 */
export interface DerivedKeys {
  readonly current: Uint8Array;
  readonly accepted: readonly Uint8Array[];
}

/** The master key and, while it is being replaced, the previous one. */
export interface MasterKeys {
  derive(purpose: KeyPurpose): DerivedKeys;
}

/** Returns 32 random bytes in base64, the format of `security.master_key`. */
export function generateMasterKey(): string {
  return randomBytes(MASTER_KEY_MIN_BYTES).toString('base64');
}

/** @throws Error when a key is too short; the configuration checks the length before. */
export function createMasterKeys(current: Uint8Array, previous?: Uint8Array): MasterKeys {
  return {
    derive(purpose) {
      const key = deriveKey(current, purpose);
      const accepted = previous === undefined ? [key] : [key, deriveKey(previous, purpose)];
      return { current: key, accepted };
    },
  };
}

/**
 * Derives the 32-byte key for one purpose (HKDF-SHA-256, RFC 5869). The master key is random, so it needs no salt
 * (§3.1).
 * @throws Error when the master key is too short.
 */
function deriveKey(masterKey: Uint8Array, purpose: KeyPurpose): Uint8Array {
  if (masterKey.byteLength < MASTER_KEY_MIN_BYTES) {
    throw new Error(`a master key has at least ${MASTER_KEY_MIN_BYTES} bytes`);
  }
  return new Uint8Array(hkdfSync('sha256', masterKey, '', `user-service/${purpose}/1`, 32));
}
