import type { DeadLetters } from '../../../domain/dead-letters.ts';
import type { ClaimedMail, DeadMail, MailStore } from '../../../domain/mail.ts';
import type { Clock, IdGenerator } from '../../../domain/ports.ts';
import type { MailQueue } from '../../../domain/unit-of-work.ts';
import type { SqlConnection } from '../sql.ts';
import {
  claimMails,
  deleteDeadMail,
  deleteEndedMails,
  insertMails,
  listDeadMails,
  markMailDead,
  markMailSent,
  readMailBacklog,
  requeueDeadMails,
  rescheduleMail,
} from './generated/mail-queue.queries.ts';

/** Queues mail in the transaction of `connection`. */
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
    async reschedule(mail, delayMs, error) {
      const parameters = { ...claimOf(mail), delayMs, error };
      return (await rescheduleMail.runForCount(parameters, connection)) === 1;
    },
    async markDead(mail, error) {
      return (await markMailDead.runForCount({ ...claimOf(mail), error }, connection)) === 1;
    },
    deleteEnded: (keptMs, limit) => deleteEndedMails.runForCount({ keptMs, limit }, connection),
    async backlog() {
      const [row] = await readMailBacklog.run(undefined, connection);
      return { waiting: row?.waiting ?? 0, oldestAgeMs: row?.oldest_age_ms ?? 0 };
    },
  };
}

export function createPostgresDeadMails(connection: SqlConnection): DeadLetters<DeadMail> {
  return {
    async list(limit) {
      return (await listDeadMails.run({ limit }, connection)).map((row) => ({
        id: row.id,
        kind: row.kind,
        createdAt: row.created_at,
        deadAt: row.failed_at,
        attempts: row.attempts,
        lastError: row.last_error,
      }));
    },
    requeue: (id) => requeueDeadMails.runForCount({ id }, connection),
    drop: async (id) => (await deleteDeadMail.runForCount({ id }, connection)) > 0,
  };
}
