import type { Scope } from '../access/scope.ts';

/** A service that may call this one. Only the hashes of its keys are stored; a key is shown once, at its creation. */
export interface ServiceAccount {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

/** One of the keys of an account, without the key itself. */
export interface ServiceKey {
  readonly id: string;
  readonly createdAt: Date;
  /** Null for a key without an end. */
  readonly expiresAt: Date | null;
  /** Null before the first use; otherwise somewhat earlier than the last one. */
  readonly lastUsedAt: Date | null;
}

export interface NewServiceKey {
  readonly id: string;
  readonly hash: Uint8Array;
  /** Milliseconds until the key ends; null for a key without an end. */
  readonly ttlMs: number | null;
}

/** An account that is not revoked, found by a key that has not ended. */
export interface KeyedServiceAccount extends ServiceAccount {
  readonly keyId: string;
  /** Milliseconds until the key ends by the database's clock; null for a key without an end. */
  readonly keyRemainingMs: number | null;
}

export interface ListedServiceAccount extends ServiceAccount {
  /** Newest first; at most 20. */
  readonly keys: readonly ServiceKey[];
}

/** Most keys of one account that work at the same time. */
export const MAX_WORKING_KEYS = 10;

export interface ServiceAccountRepository {
  /** @throws DomainError `service_account_name_taken` when an account that is not revoked has the name. */
  insert(account: ServiceAccount, key: NewServiceKey): Promise<ServiceKey>;
  findByKeyHash(keyHash: Uint8Array): Promise<KeyedServiceAccount | null>;
  findByKeyId(id: string, keyId: string): Promise<KeyedServiceAccount | null>;
  /** All accounts including revoked ones, newest first; at most 1,000. */
  list(): Promise<readonly ListedServiceAccount[]>;
  /**
   * Adds a key. The other keys of the account end after `overlapMs`, or earlier if they would have.
   * @throws DomainError `service_account_not_found`, `too_many_service_keys`, `unavailable`
   */
  rotateKey(id: string, key: NewServiceKey, overlapMs: number): Promise<ServiceKey>;
  /** @returns null when no account has this id or it is revoked. */
  setScopes(id: string, scopes: readonly Scope[]): Promise<ServiceAccount | null>;
  /** Notes that keys were used now, at most once a minute for each. */
  markKeysUsed(keyIds: readonly string[]): Promise<void>;
  /** @returns false when no account has this id or it is revoked already. */
  revoke(id: string): Promise<boolean>;
}
