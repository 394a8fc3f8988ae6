import type { Scope } from '../access/scope.ts';

/** Another service that calls this one. Its key is shown once, when it is made, and only its hash is stored. */
export interface ServiceAccount {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

/** The collection of service accounts. */
export interface ServiceAccountRepository {
  /** @throws DomainError `service_account_name_taken` when an account in use has the name. */
  insert(account: ServiceAccount, keyHash: Uint8Array): Promise<void>;
  /** The account in use with this key. */
  findByKeyHash(keyHash: Uint8Array): Promise<ServiceAccount | null>;
  /** All accounts, revoked ones too, the newest first; at most 1,000. */
  list(): Promise<readonly ServiceAccount[]>;
  /** @returns false when there is no such account in use. */
  revoke(id: string): Promise<boolean>;
}
