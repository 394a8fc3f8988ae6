import type { ActivatedKey } from '../../domain/signing-key/signing-keys.ts';
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

export type InsertedSigningKey = Omit<StoredSigningKey, 'status' | 'createdAt'>;

/** With the times of its states, by the clock of the database. */
export interface TimedSigningKey extends StoredSigningKey {
  readonly publishedAt: Date | null;
  readonly activatedAt: Date | null;
  readonly retiredAt: Date | null;
  /** Time in its state. */
  readonly ageMs: number;
}

/** The signing keys that all instances share. */
export interface SigningKeyStore {
  list(): Promise<readonly TimedSigningKey[]>;
  /** Stores the first signing key. @returns false when another instance was faster: list again and use its key. */
  insertSigning(key: InsertedSigningKey): Promise<boolean>;
  /** Publishes a key that does not sign yet. @returns false with a next key, or a signing key younger than `minAgeMs`. */
  insertNext(key: InsertedSigningKey, minAgeMs: number): Promise<boolean>;
  /** @returns null when no next key has been published for `publishedMs`. */
  activateNext(publishedMs: number): Promise<ActivatedKey | null>;
  /** Keys whose retirement has no time are retired now. @returns the ids of the deleted keys. */
  deleteRetired(retiredMs: number): Promise<readonly string[]>;
  /** @returns false when the key signs, or there is none. */
  delete(kid: string): Promise<boolean>;
  /** @returns false when the key has changed since it was read. */
  updateSealed(kid: string, former: Uint8Array, sealed: Uint8Array): Promise<boolean>;
}

/** The first source of a ring needs no more. */
export type SigningKeySource = {
  list(): Promise<readonly StoredSigningKey[]>;
} & Pick<SigningKeyStore, 'insertSigning'>;
