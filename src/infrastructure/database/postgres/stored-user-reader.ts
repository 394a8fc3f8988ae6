import type { StoredUserReader } from '../../../domain/user/stored-user.ts';
import type { SqlConnection } from '../sql.ts';
import { listAddressHolders, listStoredUsers } from './generated/user-audit.queries.ts';

/** The lowest id. */
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

export function createPostgresStoredUserReader(connection: SqlConnection): StoredUserReader {
  return {
    async listStored({ fromId, limit }) {
      const parameters = { fromId: fromId ?? NIL_UUID, limit: limit + 1 };
      const rows = await listStoredUsers.run(parameters, connection);
      return {
        users: rows.slice(0, limit).map((row) => ({
          id: row.id,
          firstName: row.first_name,
          lastName: row.last_name,
          email: row.email,
          phone: row.phone,
          locale: row.locale,
          passwordHash: row.password,
          emailVerified: row.email_verified,
          status: row.status,
          version: row.version,
          createdAtInRange: row.created_at_in_range,
          updatedAtInRange: row.updated_at_in_range,
        })),
        nextFromId: rows[limit]?.id ?? null,
      };
    },
    async listAddressHolders(emails, limit) {
      if (emails.length === 0) return [];
      const rows = await listAddressHolders.run({ emails: [...emails], limit }, connection);
      return rows.map(({ id, email }) => ({ userId: id, email }));
    },
  };
}
