import type { ClaimedMail, MailAdministration, MailStore } from '../../../domain/mail.ts';
import type { Clock, IdGenerator } from '../../../domain/ports.ts';
import type { MailQueue } from '../../../domain/unit-of-work.ts';
import type { SqlConnection } from '../sql.ts';
import {
  claimMails,
  deleteEndedMails,
  deleteFailedMail,
  insertMails,
  listFailedMails,
  markMailFailed,
  markMailSent,
  putOffMail,
  readMailBacklog,
  requeueFailedMails,
} from './generated/mail-queue.queries.ts';

/** The mail queue of one transaction. */
export function createPostgresMailQueue(
  connection: SqlConnection,
  stamp: { readonly ids: IdGenerator; readonly clock: Clock },
): MailQueue {
  return {
    async enqueue(mails) {
      if (mails.length === 0) return;
      const created_at = stamp.clock.now();
      const rows = mails.map(({ userId, kind, to, subject, text }) => ({
        id: stamp.ids.next(),
        user_id: userId,
        kind,
        recipient: to,
        subject,
        body: text,
        created_at,
      }));
      await insertMails.run({ mails: JSON.stringify(rows) }, connection);
    },
  };
}

/** The queued mails in PostgreSQL or the embedded database. */
export function createPostgresMailStore(connection: SqlConnection): MailStore {
  const claimOf = ({ id, attempt }: ClaimedMail) => ({ id, attempt });
  return {
    async claim(claim) {
      const rows = await claimMails.run({ ...claim }, connection);
      return rows.map((row) => ({
        id: row.id,
        userId: row.user_id,
        kind: row.kind,
        to: row.recipient,
        subject: row.subject,
        text: row.body,
        messageId: row.message_id,
        attempt: row.attempts,
      }));
    },
    async markSent(mail) {
      return (await markMailSent.runForCount(claimOf(mail), connection)) === 1;
    },
    async putOff(mail, delayMs, error) {
      return (await putOffMail.runForCount({ ...claimOf(mail), delayMs, error }, connection)) === 1;
    },
    async markFailed(mail, error) {
      return (await markMailFailed.runForCount({ ...claimOf(mail), error }, connection)) === 1;
    },
    deleteEnded: (keptMs, limit) => deleteEndedMails.runForCount({ keptMs, limit }, connection),
    async backlog() {
      const [row] = await readMailBacklog.run(undefined, connection);
      return { waiting: row?.waiting ?? 0, oldestMs: row?.oldest_ms ?? 0 };
    },
  };
}

/** The mails that were given up, for operators. */
export function createPostgresMailAdministration(connection: SqlConnection): MailAdministration {
  return {
    async listFailed(limit) {
      return (await listFailedMails.run({ limit }, connection)).map((row) => ({
        id: row.id,
        kind: row.kind,
        createdAt: row.created_at,
        failedAt: row.failed_at,
        attempts: row.attempts,
        lastError: row.last_error,
      }));
    },
    requeueFailed: (id) => requeueFailedMails.runForCount({ id }, connection),
    dropFailed: async (id) => (await deleteFailedMail.runForCount({ id }, connection)) > 0,
  };
}
