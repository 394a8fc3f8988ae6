import { describe, expect, it } from 'vitest';
import type { ClaimedMail, NewMail } from '../../src/domain/mail.ts';
import {
  createPostgresDeadMails,
  createPostgresMailStore,
} from '../../src/infrastructure/database/postgres/mail-queue.ts';
import { testMailSeal } from '../support/mail-seal.ts';
import type { DatabaseImplementation } from './databases.ts';
import { ids, inTransaction, useDatabase } from './fixtures.ts';

/** Statements of builds before migration 23, which send subject and body of what they claim. */
const CLAIM_BEFORE = `
  with due as materialized (
    select id from mail_queue
    where sent_at is null and failed_at is null and next_attempt_at <= clock_timestamp()
    order by next_attempt_at limit 10 for update skip locked
  )
  update mail_queue
  set attempts = attempts + 1, next_attempt_at = clock_timestamp() + interval '1 minute',
    message_id = coalesce(message_id, mail_queue.id::text || '@example.com')
  from due where mail_queue.id = due.id
  returning mail_queue.id, subject, body`;
const REQUEUE_BEFORE = `
  update mail_queue set failed_at = null, attempts = 0, next_attempt_at = clock_timestamp()
  where failed_at is not null`;

const claim = { limit: 10, leaseMs: 60_000, host: 'example.com' };

export function describeMailQueueContract(implementation: DatabaseImplementation): void {
  describe(`Mail queue contract: ${implementation.name}`, () => {
    const database = useDatabase(implementation);
    const store = () => createPostgresMailStore(database(), testMailSeal);

    function newMail(to = 'ada@example.com'): NewMail {
      return {
        ...{ userId: ids.next(), to, locale: 'pt-BR', firstName: 'Zoë' },
        kind: 'password_changed',
        data: { changed_at: new Date('2026-11-05T23:10:59.999Z') },
      };
    }

    async function queue(...mails: NewMail[]): Promise<void> {
      await inTransaction(database(), ({ mail }) => mail.enqueue(mails));
    }

    /** Simulates that the lease, or the pause, has ended. */
    async function makeDue(): Promise<void> {
      await database().query("update mail_queue set due_at = now() - interval '1 second'");
    }

    async function claimAsBefore(): Promise<unknown[]> {
      return (await database().query(CLAIM_BEFORE)).rows;
    }

    async function claimOne(): Promise<ClaimedMail> {
      const [mail] = await store().claim(claim);
      return mail ?? expect.fail('nothing is due');
    }

    it('returns the mail that a transaction queued, with attempt 1 and a Message-ID', async () => {
      const mail = newMail();
      await queue(mail);
      const { id, messageId, attempt, ...rest } = await claimOne();
      const { userId, to, ...content } = mail;
      expect(rest).toEqual({
        ...{ userId, to, kind: mail.kind, content },
        ...{ expired: false, admitted: false },
      });
      expect([messageId, attempt]).toEqual([`${id}@example.com`, 1]);
    });

    it('has no mail of a transaction that was rolled back', async () => {
      const failing = inTransaction(database(), async ({ mail }) => {
        await mail.enqueue([newMail()]);
        throw new Error('rolled back');
      });
      await expect(failing).rejects.toThrow('rolled back');
      expect(await store().claim(claim)).toEqual([]);
      expect(await store().backlog()).toEqual({ waiting: 0, oldestAgeMs: 0 });
    });

    it('gives each mail to exactly one of many senders', async () => {
      const mails = Array.from({ length: 20 }, () => newMail());
      await queue(...mails);
      const batches = await Promise.all(
        Array.from({ length: 10 }, () => store().claim({ ...claim, limit: 3 })),
      );
      const claimed = batches.flat().map(({ id }) => id);
      expect(claimed).toHaveLength(20);
      expect(new Set(claimed).size).toBe(20);
      for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(3);
    });

    it('returns a mail again when its lease has ended, with the same Message-ID', async () => {
      await queue(newMail());
      const first = await claimOne();
      expect(await store().claim(claim)).toEqual([]);
      await makeDue();
      const [second] = await store().claim({ ...claim, host: 'other.example' });
      expect(second).toEqual({ ...first, attempt: 2 });
    });

    it('refuses changes under a claim that has ended', async () => {
      await queue(newMail());
      const late = await claimOne();
      await makeDue();
      const current = await claimOne();
      expect(await store().markSent(late)).toBe(false);
      expect(await store().reschedule(late, 1, 'late')).toBe(false);
      expect(await store().markDead(late, 'late')).toBe(false);
      expect(await store().markSent(current)).toBe(true);
      expect(await store().markSent(current)).toBe(false);
      expect(await store().reschedule(current, 1, 'sent already')).toBe(false);
    });

    it('reschedules a mail by the given delay, and keeps the reason', async () => {
      await queue(newMail());
      const reason = `greylisted ${'x'.repeat(500)}`;
      expect(await store().reschedule(await claimOne(), 60_000, reason)).toBe(true);
      expect(await store().claim(claim)).toEqual([]);
      const { rows } = await database().query<{ last_error: string; seconds: number }>(
        `select last_error, extract(epoch from due_at - now())::double precision as seconds
        from mail_queue`,
      );
      expect(rows[0]?.last_error).toMatch(/^greylisted x+$/);
      expect(rows[0]?.seconds).toBeGreaterThan(30);
      expect(rows[0]?.seconds).toBeLessThanOrEqual(60);
    });

    it('never returns a sent mail or a dead letter, and deletes the content of a sent mail', async () => {
      await queue(newMail(), newMail());
      const [sent, dead] = await store().claim(claim);
      if (sent === undefined || dead === undefined) return expect.fail('two are due');
      await store().markSent(sent);
      await store().markDead(dead, 'no such mailbox');
      await makeDue();
      expect(await store().claim(claim)).toEqual([]);
      expect((await store().backlog()).waiting).toBe(0);
      const { rows } = await database().query(
        'select sealed_content is null as deleted, body from mail_queue where sent_at is not null',
      );
      expect(rows).toEqual([{ deleted: true, body: '' }]);
    });

    it('deletes mails that ended long ago, up to the limit, and no others', async () => {
      await queue(newMail(), newMail(), newMail(), newMail());
      const [sent, dead, recent] = await store().claim({ ...claim, limit: 3 });
      if (sent === undefined || dead === undefined || recent === undefined) {
        return expect.fail('three are due');
      }
      await store().markSent(sent);
      await store().markDead(dead, 'no');
      await database().query(
        `update mail_queue
        set sent_at = sent_at - interval '2 hours', failed_at = failed_at - interval '2 hours'`,
      );
      await store().markSent(recent);
      expect(await store().deleteEnded(3_600_000, 1)).toBe(1);
      expect(await store().deleteEnded(3_600_000, 10)).toBe(1);
      expect(await store().deleteEnded(3_600_000, 10)).toBe(0);
      const { rows } = await database().query('select id from mail_queue');
      expect(rows).toHaveLength(2);
    });

    it('lists, requeues and drops dead letters', async () => {
      const deadMails = createPostgresDeadMails(database());
      await queue(newMail(), newMail(), newMail());
      const [one, other, waiting] = await store().claim(claim);
      if (one === undefined || other === undefined) return expect.fail('three are due');
      await store().markDead(one, 'no such mailbox');
      await store().markDead(other, 'too late');
      expect(await deadMails.list(10)).toEqual([
        {
          ...{ id: one.id, kind: 'password_changed', attempts: 1, lastError: 'no such mailbox' },
          ...{ createdAt: expect.any(Date), deadAt: expect.any(Date) },
        },
        expect.objectContaining({ id: other.id }),
      ]);
      expect(await deadMails.list(1)).toHaveLength(1);
      expect(await deadMails.requeue(ids.next())).toBe(0);
      expect(await deadMails.requeue(one.id)).toBe(1);
      expect(await deadMails.requeue(one.id)).toBe(0);
      const again = await store().claim(claim);
      expect(again).toEqual([{ ...one, admitted: true }]);
      await store().markDead(one, 'still no such mailbox');
      expect(await deadMails.drop(waiting?.id ?? '')).toBe(false);
      expect(await deadMails.drop(other.id)).toBe(true);
      expect(await deadMails.drop(other.id)).toBe(false);
      expect(await deadMails.requeue(null)).toBe(1);
      expect(await deadMails.list(10)).toEqual([]);
    });

    it('counts the waiting mails and gives the age of the oldest', async () => {
      await queue(newMail(), newMail());
      await database().query("update mail_queue set created_at = now() - interval '1 minute'");
      await store().markSent(
        await (async () => (await store().claim({ ...claim, limit: 1 }))[0] ?? expect.fail())(),
      );
      const { waiting, oldestAgeMs } = await store().backlog();
      expect(waiting).toBe(1);
      expect(oldestAgeMs).toBeGreaterThanOrEqual(60_000);
    });

    it('shows a build before migration 23 none of the new mails, also after it requeued one', async () => {
      await queue(newMail());
      expect(await claimAsBefore()).toEqual([]);
      const mail = await claimOne();
      await store().markDead(mail, 'no such mailbox');
      await database().query(REQUEUE_BEFORE);
      expect(await claimAsBefore()).toEqual([]);
      await makeDue();
      expect((await claimOne()).id).toBe(mail.id);
    });

    it('returns the texts that a build before migration 23 queued, and applies no limit to them', async () => {
      const id = ids.next();
      await database().query(
        `insert into mail_queue (id, user_id, kind, recipient, subject, body, created_at)
        values ($1, $1, 'password_changed', 'ada@example.com', 'Grüße', 'One.', now())`,
        [id],
      );
      const mail = await claimOne();
      expect(mail).toMatchObject({
        ...{ id, content: { subject: 'Grüße', text: 'One.' } },
        ...{ expired: false, admitted: true },
      });
      expect(await store().claim(claim)).toEqual([]);
      expect(await store().reschedule(mail, 0, 'later')).toBe(true);
      expect(await store().markSent(await claimOne())).toBe(true);
    });

    it('has no value of a mail in the clear', async () => {
      const [code, url, name] = ['042137', 'https://app.example/#t=canary', 'Canaryname'];
      await queue({
        ...{ userId: null, to: 'ada@example.com', locale: null, firstName: name },
        ...{ kind: 'verify_email', data: { code, url, expires_in_minutes: 10 } },
      });
      const dump = async () => {
        const { rows } = await database().query(
          'select row_to_json(mail_queue) as row from mail_queue',
        );
        const text = JSON.stringify(rows);
        const hex = /"sealed_content":"\\\\x([0-9a-f]*)"/.exec(text)?.[1] ?? '';
        return text + Buffer.from(hex, 'hex').toString('latin1');
      };
      const waiting = await dump();
      const mail = await claimOne();
      expect(mail.content).toMatchObject({ firstName: name, data: { code, url } });
      await store().markDead(mail, 'no such mailbox');
      for (const text of [waiting, await dump()]) {
        expect(text).toContain('verify_email');
        for (const value of [code, 'canary', name]) expect(text).not.toContain(value);
      }
      const { rows } = await database().query('select sealed_content from mail_queue');
      expect(rows).toEqual([{ sealed_content: null }]);
      expect(await createPostgresDeadMails(database()).requeue(null)).toBe(0);
    });

    it('says that the code or link of a mail has expired', async () => {
      await queue({
        ...{ userId: null, to: 'ada@example.com', locale: null, firstName: null },
        kind: 'invitation',
        data: { url: 'https://app.example', expires_at: new Date('2020-01-01T00:00:00Z') },
      });
      expect((await claimOne()).expired).toBe(true);
    });

    it('keeps a mail whose code has expired as long as its link is good', async () => {
      const data = {
        ...{ code: '042137', url: 'https://app.example/#t=a', expires_in_minutes: 10 },
        ...{ code_expires_at: new Date('2026-01-01T00:10:00Z'), link_expires_in_minutes: 1_440 },
      };
      await queue({
        ...{ userId: null, to: 'ada@example.com', locale: null, firstName: null },
        ...{ kind: 'verify_email', data },
      });
      const age = (interval: string) =>
        database().query(`update mail_queue set expires_at = expires_at - $1::interval`, [
          interval,
        ]);
      await age('23 hours');
      const mail = await claimOne();
      expect([mail.expired, mail.content]).toMatchObject([false, { data }]);
      await store().reschedule(mail, 0, 'later');
      await age('1 hour');
      expect((await claimOne()).expired).toBe(true);
    });

    it('gives security notices before mails that were queued up to an hour before them', async () => {
      const code = { code: '1', url: 'https://app.example', expires_in_minutes: 60 };
      const ordinary: NewMail = { ...newMail(), kind: 'verify_email', data: code } as NewMail;
      await queue(ordinary, ordinary);
      await database().query("update mail_queue set due_at = due_at - interval '30 minutes'");
      await queue(newMail());
      const [first] = await store().claim({ ...claim, limit: 1 });
      expect(first?.kind).toBe('password_changed');
    });

    it('admits as many mails to one mailbox as the limit of an hour allows, whatever the subaddress', async () => {
      const addresses = ['ada@example.com', 'ada+1@example.com', 'ada+2@example.com'];
      await queue(...addresses.map((to) => newMail(to)), newMail('grace@example.com'));
      const mails = await store().claim(claim);
      const byAddress = new Map(mails.map((mail) => [mail.to, mail]));
      const limits = { mailboxPerHour: 2, mailboxPerDay: 9, servicePerHour: 9 };
      const admissions = [];
      for (const to of [...addresses, 'grace@example.com']) {
        const mail = byAddress.get(to) ?? expect.fail('each was claimed');
        admissions.push(await store().admit(mail, limits));
      }
      expect(admissions).toEqual(['admitted', 'admitted', 'mailbox_full', 'admitted']);
    });

    it('counts a day as well, and does not count what was suppressed', async () => {
      const limits = { mailboxPerHour: 9, mailboxPerDay: 1, servicePerHour: 9 };
      const queueAt = async (age: string) => {
        await queue(newMail());
        const mail = await claimOne();
        await database().query(
          `update mail_queue set created_at = now() - $2::interval where id = $1`,
          [mail.id, age],
        );
        const admission = await store().admit(mail, limits);
        if (admission === 'admitted') await store().markSent(mail);
        else await store().markDead(mail, 'over the limit', true);
        return admission;
      };
      expect(await queueAt('25 hours')).toBe('admitted');
      expect(await queueAt('24 hours')).toBe('mailbox_full');
      expect(await queueAt('30 minutes')).toBe('admitted');
      expect(await queueAt('1 minute')).toBe('mailbox_full');
    });

    it('admits as many mails in an hour as the limit of the service allows, to many senders at once', async () => {
      await queue(...Array.from({ length: 12 }, (_, number) => newMail(`p${number}@example.com`)));
      const mails = await store().claim({ ...claim, limit: 12 });
      const limits = { mailboxPerHour: 9, mailboxPerDay: 9, servicePerHour: 5 };
      const admissions = await Promise.all(mails.map((mail) => store().admit(mail, limits)));
      // A full hour may begin between two of the twelve.
      const admitted = admissions.filter((admission) => admission === 'admitted').length;
      const { rows } = await database().query<{ hours: number }>(
        'select count(*)::integer as hours from mail_budget',
      );
      expect(admitted).toBeLessThanOrEqual(5 * (rows[0]?.hours ?? 0));
      expect(admitted).toBeGreaterThanOrEqual(5);
      expect(new Set(admissions)).toEqual(new Set(['admitted', 'service_full']));
    });

    it('refuses a recipient with a line break', async () => {
      await expect(queue(newMail('ada@example.com\r\nBcc: eve@example.com'))).rejects.toThrow();
      expect((await store().backlog()).waiting).toBe(0);
    });
  });
}
