import type { Scope } from '../../../domain/access/scope.ts';
import { serviceAccountNameTaken } from '../../../domain/rejections.ts';
import type {
  ServiceAccount,
  ServiceAccountRepository,
} from '../../../domain/service-account/service-account-repository.ts';
import type { SqlConnection } from '../sql.ts';
import {
  findServiceAccountByKeyHash,
  insertServiceAccount,
  type ListServiceAccountsResult,
  listServiceAccounts,
  revokeServiceAccount,
} from './generated/service-accounts.queries.ts';

export function createPostgresServiceAccountRepository(
  connection: SqlConnection,
): ServiceAccountRepository {
  return {
    async insert({ id, name, scopes, createdAt }, keyHash) {
      const inserted = await insertServiceAccount.run(
        { id, name, keyHash, scopes: [...scopes], createdAt },
        connection,
      );
      if (inserted.length === 0) throw serviceAccountNameTaken();
    },
    async findByKeyHash(keyHash) {
      const [row] = await findServiceAccountByKeyHash.run({ keyHash }, connection);
      return row === undefined ? null : toServiceAccount(row);
    },
    async list() {
      return (await listServiceAccounts.run(undefined, connection)).map(toServiceAccount);
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
