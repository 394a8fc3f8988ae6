import type { Invitation, InvitationRepository } from '../../../domain/invitation/invitation.ts';
import type { EmailAddress } from '../../../domain/user/email-address.ts';
import type { Locale } from '../../../domain/user/locale.ts';
import type { PersonName } from '../../../domain/user/person-name.ts';
import type { SqlConnection } from '../sql.ts';
import {
  deleteAcceptedInvitation,
  deleteExpiredInvitations,
  deleteInvitation,
  deleteInvitationsOfEmail,
  findInvitation,
  insertInvitation,
  type ListInvitationsResult,
  listInvitations,
} from './generated/invitations.queries.ts';

/** Sorts before every id. */
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

export function createPostgresInvitationRepository(
  connection: SqlConnection,
): InvitationRepository {
  return {
    async insert(invitation) {
      await deleteInvitationsOfEmail.runForCount({ email: invitation.email }, connection);
      const [row] = await insertInvitation.run({ ...invitation }, connection);
      if (row === undefined) throw new Error('an inserted invitation has a row');
      return toInvitation(row);
    },
    async findByToken(id, tokenHash) {
      const [row] = await findInvitation.run({ id, tokenHash }, connection);
      return row === undefined ? null : toInvitation(row);
    },
    async accept(id, tokenHash) {
      const [row] = await deleteAcceptedInvitation.run({ id, tokenHash }, connection);
      return row === undefined ? null : toInvitation(row);
    },
    async list({ afterId, limit }) {
      const parameters = { afterId: afterId ?? NIL_UUID, limit: limit + 1 };
      const rows = await listInvitations.run(parameters, connection);
      const invitations = rows.slice(0, limit).map(toInvitation);
      const nextAfterId = rows.length > limit ? (invitations.at(-1)?.id ?? null) : null;
      return { invitations, nextAfterId };
    },
    delete: async (id) => (await deleteInvitation.runForCount({ id }, connection)) === 1,
    deleteExpired: (keptMs, limit) =>
      deleteExpiredInvitations.runForCount({ keptMs, limit }, connection),
  };
}

/** Stored values were parsed before they were written. */
function toInvitation(row: ListInvitationsResult): Invitation {
  return {
    id: row.id,
    email: row.email as EmailAddress,
    firstName: row.first_name as PersonName | null,
    lastName: row.last_name as PersonName | null,
    locale: row.locale as Locale | null,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
