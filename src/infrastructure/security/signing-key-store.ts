import type { SigningAlgorithm } from './signing-algorithms.ts';

/** A signing key as stored; the private key is encrypted under a key derived from the master key. */
export interface StoredSigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly encryptedPrivateKey: Uint8Array;
  readonly status: 'signing' | 'verifying';
  readonly createdAt: Date;
}

/** The signing keys that all instances share. */
export interface SigningKeyStore {
  list(): Promise<readonly StoredSigningKey[]>;
  /** Stores the first signing key. @returns false when another instance was faster: list again and use its key. */
  insertSigning(key: Omit<StoredSigningKey, 'status' | 'createdAt'>): Promise<boolean>;
}
