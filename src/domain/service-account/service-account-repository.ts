import type { Scope } from '../access/scope.ts';

/** A service that may call this one. Only the hash of its key is stored; the key is shown once, at its creation. */
export interface ServiceAccount {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

export interface ServiceAccountRepository {
  /** @throws DomainError `service_account_name_taken` when an account that is not revoked has the name. */
  insert(account: ServiceAccount, keyHash: Uint8Array): Promise<void>;
  /** Finds the account with this key; null when there is none or it is revoked. */
  findByKeyHash(keyHash: Uint8Array): Promise<ServiceAccount | null>;
  /** All accounts including revoked ones, newest first; at most 1,000. */
  list(): Promise<readonly ServiceAccount[]>;
  /** @returns false when no account has this id or it is revoked already. */
  revoke(id: string): Promise<boolean>;
}
