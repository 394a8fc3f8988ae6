import type { DeadLetters } from '../../../domain/dead-letters.ts';
import {
  type ClaimedMail,
  type DeadMail,
  isMailKind,
  MAIL_KINDS,
  type MailStore,
  mailExpiry,
} from '../../../domain/mail.ts';
import type { Clock, IdGenerator } from '../../../domain/ports.ts';
import type { MailQueue } from '../../../domain/unit-of-work.ts';
import type { MailSeal } from '../../security/mail-seal.ts';
import type { SqlConnection } from '../sql.ts';
import {
  type ClaimMailsResult,
  claimMails,
  deleteDeadMail,
  deleteEndedMails,
  insertMails,
  listDeadMails,
  markMailAdmitted,
  markMailDead,
  markMailSent,
  readMailBacklog,
  requeueDeadMails,
  rescheduleMail,
} from './generated/mail-queue.queries.ts';

/** Queues mail in the transaction of `connection`. */
export function createPostgresMailQueue(
  connection: SqlConnection,
  stamp: { readonly ids: IdGenerator; readonly clock: Clock; readonly mailSeal: MailSeal },
): MailQueue {
  return {
    async enqueue(mails) {
      if (mails.length === 0) return;
      const now = stamp.clock.now();
      const rows = mails.map((mail) => {
        const id = stamp.ids.next();
        return {
          id,
          user_id: mail.userId,
          kind: mail.kind,
          recipient: mail.to,
          mailbox: mailboxOf(mail.to),
          locale: mail.locale,
          sealed_content: `\\x${Buffer.from(stamp.mailSeal.seal(id, mail)).toString('hex')}`,
          created_at: now,
          expires_at: mailExpiry(mail, now),
          notice: MAIL_KINDS[mail.kind].notice,
        };
      });
      await insertMails.run({ mails: JSON.stringify(rows) }, connection);
    },
  };
}

/** The address without a subaddress (RFC 5233): `ada+x@example.com` and `ada+y@example.com` are one mailbox. */
function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@');
  const [local = ''] = address.slice(0, at).split('+', 1);
  return `${local === '' ? address.slice(0, at) : local}${address.slice(at)}`.toLowerCase();
}

export function createPostgresMailStore(connection: SqlConnection, mailSeal: MailSeal): MailStore {
  const claimOf = ({ id, attempt }: ClaimedMail) => ({ id, attempt });
  return {
    async claim(claim) {
      const rows = await claimMails.run({ ...claim }, connection);
      return rows.map((row) => ({
        id: row.id,
        userId: row.user_id,
        kind: row.kind,
        to: row.recipient,
        messageId: row.message_id,
        attempt: row.attempts,
        content: contentOf(row, mailSeal),
        expired: row.expired,
        admitted: row.admitted,
      }));
    },
    async admit(mail, limits) {
      const [row] = await markMailAdmitted.run({ ...claimOf(mail), ...limits }, connection);
      if (row?.admitted === true) return 'admitted';
      return row?.mailbox_is_full === true ? 'mailbox_full' : 'service_full';
    },
    async markSent(mail) {
      return (await markMailSent.runForCount(claimOf(mail), connection)) === 1;
    },
    async reschedule(mail, delayMs, error) {
      const parameters = { ...claimOf(mail), delayMs, error };
      return (await rescheduleMail.runForCount(parameters, connection)) === 1;
    },
    async markDead(mail, error, suppressed = false) {
      const keepContent = isMailKind(mail.kind) && !MAIL_KINDS[mail.kind].secret;
      const parameters = { ...claimOf(mail), error, suppressed, keepContent };
      return (await markMailDead.runForCount(parameters, connection)) === 1;
    },
    deleteEnded: (keptMs, limit) => deleteEndedMails.runForCount({ keptMs, limit }, connection),
    async backlog() {
      const [row] = await readMailBacklog.run(undefined, connection);
      return { waiting: row?.waiting ?? 0, oldestAgeMs: row?.oldest_age_ms ?? 0 };
    },
  };
}

function contentOf(row: ClaimMailsResult, mailSeal: MailSeal): ClaimedMail['content'] {
  if (row.is_text) return { subject: row.subject, text: row.body };
  const { id, kind, locale, sealed_content: content } = row;
  return content === null ? null : mailSeal.open({ id, kind, locale, content });
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
