import type { Scope } from '../../../domain/access/scope.ts';
import {
  serviceAccountNameTaken,
  serviceAccountNotFound,
  tooManyServiceKeys,
  unavailable,
} from '../../../domain/rejections.ts';
import {
  type KeyedServiceAccount,
  MAX_WORKING_KEYS,
  type ServiceAccount,
  type ServiceAccountRepository,
  type ServiceKey,
} from '../../../domain/service-account/service-account-repository.ts';
import type { SqlConnection } from '../sql.ts';
import {
  type FindServiceAccountByKeyHashResult,
  findServiceAccountByKeyHash,
  findServiceAccountByKeyId,
  findServiceAccountForRotation,
  insertServiceAccount,
  type ListServiceAccountsResult,
  listServiceAccountKeys,
  listServiceAccounts,
  markServiceKeysUsed,
  revokeServiceAccount,
  updateServiceAccountKey,
  updateServiceAccountScopes,
} from './generated/service-accounts.queries.ts';

/** How often a rotation is tried when another one comes first. */
const MAX_ROTATION_ATTEMPTS = 3;

export function createPostgresServiceAccountRepository(
  connection: SqlConnection,
): ServiceAccountRepository {
  return {
    async insert({ id, name, scopes, createdAt }, key) {
      const [inserted] = await insertServiceAccount.run(
        {
          ...{ id, name, scopes: [...scopes], createdAt },
          ...{ keyId: key.id, keyHash: key.hash, ttlMs: key.ttlMs },
        },
        connection,
      );
      if (inserted === undefined) throw serviceAccountNameTaken();
      return toServiceKey(inserted);
    },
    async findByKeyHash(keyHash) {
      const [row] = await findServiceAccountByKeyHash.run({ keyHash }, connection);
      return row === undefined ? null : toKeyedAccount(row);
    },
    async findByKeyId(id, keyId) {
      const [row] = await findServiceAccountByKeyId.run({ id, keyId }, connection);
      return row === undefined ? null : toKeyedAccount(row);
    },
    async list() {
      const accounts = (await listServiceAccounts.run(undefined, connection)).map(toServiceAccount);
      const accountIds = accounts.map(({ id }) => id);
      const keys = new Map<string, ServiceKey[]>(accountIds.map((id) => [id, []]));
      for (const row of await listServiceAccountKeys.run({ accountIds }, connection)) {
        if (row.service_account_id !== null) {
          keys.get(row.service_account_id)?.push(toServiceKey(row));
        }
      }
      return accounts.map((account) => ({ ...account, keys: keys.get(account.id) ?? [] }));
    },
    async rotateKey(id, key, overlapMs) {
      for (let attempt = 1; attempt <= MAX_ROTATION_ATTEMPTS; attempt += 1) {
        const [former] = await findServiceAccountForRotation.run({ id }, connection);
        if (former === undefined) throw serviceAccountNotFound();
        if (former.working_keys >= MAX_WORKING_KEYS) throw tooManyServiceKeys(MAX_WORKING_KEYS);
        const [added] = await updateServiceAccountKey.run(
          {
            ...{ id, overlapMs, formerHash: former.key_hash },
            ...{ keyId: key.id, keyHash: key.hash, ttlMs: key.ttlMs },
          },
          connection,
        );
        if (added !== undefined) return toServiceKey(added);
      }
      throw unavailable('The keys of the account keep changing. Try again.');
    },
    async setScopes(id, scopes) {
      const [row] = await updateServiceAccountScopes.run({ id, scopes: [...scopes] }, connection);
      return row === undefined ? null : toServiceAccount(row);
    },
    async markKeysUsed(keyIds) {
      await markServiceKeysUsed.runForCount({ ids: [...keyIds] }, connection);
    },
    async revoke(id) {
      return (await revokeServiceAccount.runForCount({ id }, connection)) === 1;
    },
  };
}

function toServiceAccount(row: ListServiceAccountsResult): ServiceAccount {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes as Scope[],
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  };
}

function toKeyedAccount(row: FindServiceAccountByKeyHashResult): KeyedServiceAccount {
  return { ...toServiceAccount(row), keyId: row.key_id, keyRemainingMs: row.key_remaining_ms };
}

function toServiceKey(row: {
  readonly id: string;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
}): ServiceKey {
  return {
    id: row.id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
