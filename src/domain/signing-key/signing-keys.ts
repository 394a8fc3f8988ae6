/**
 * `next`: published, does not sign yet. `signing`: exactly one. `verifying`: retired, published until the last token that
 * it signed has expired. All times are those of the database.
 */
export type SigningKeyState = 'next' | 'signing' | 'verifying';

/** `unknown`: neither `security.master_key` nor `security.master_key_previous`. */
export type SealingMasterKey = 'current' | 'previous' | 'unknown';

export interface SigningKeyRecord {
  readonly kid: string;
  readonly algorithm: string;
  readonly state: SigningKeyState;
  readonly createdAt: Date;
  readonly publishedAt: Date | null;
  readonly activatedAt: Date | null;
  readonly retiredAt: Date | null;
  /** Time in this state, in milliseconds. */
  readonly ageMs: number;
  /** Which master key opens its private key. */
  readonly masterKey: SealingMasterKey;
}

export interface ActivatedKey {
  readonly kid: string;
  readonly algorithm: string;
  /** The key that signed before. */
  readonly formerKid: string;
}

/**
 * The signing keys that all instances share. Every change is one statement that compares and sets: of several instances
 * one makes it, the others change nothing.
 */
export interface SigningKeys {
  /** The oldest first. */
  list(): Promise<readonly SigningKeyRecord[]>;
  /**
   * Creates and publishes the next key, with the configured algorithm.
   * @param minAgeMs how long the present key must have signed
   * @returns null when there is a next key already, or the key that signs is younger.
   */
  publishNext(minAgeMs: number): Promise<string | null>;
  /**
   * Lets the next key sign from now on; the former one verifies.
   * @param publishedMs how long the next key must have been published
   * @returns null when no next key has been published for so long.
   */
  activateNext(publishedMs: number): Promise<ActivatedKey | null>;
  /** Deletes keys that were retired so long ago. @returns their ids. */
  deleteRetired(retiredMs: number): Promise<readonly string[]>;
  /** Deletes a key that does not sign: its tokens are refused. @returns false when there is no such key. */
  delete(kid: string): Promise<boolean>;
  /**
   * Encrypts private keys that are under the previous master key under the current one. Of several instances one does
   * it; a key that changed meanwhile is left to the next call.
   * @returns how many.
   */
  reseal(): Promise<number>;
  /** Makes this instance see its own change; the others see it within seconds. */
  refresh(): Promise<void>;
}
