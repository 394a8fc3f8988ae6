import { describe, expect, it } from 'vitest';
import type { ClaimedMail, NewMail } from '../../src/domain/mail.ts';
import {
  createPostgresDeadMails,
  createPostgresMailStore,
} from '../../src/infrastructure/database/postgres/mail-queue.ts';
import { testMailSeal } from '../support/mail-seal.ts';
import type { DatabaseImplementation } from './databases.ts';
import { ids, inTransaction, useDatabase } from './fixtures.ts';

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

    it('refuses a recipient with a line break', async () => {
      await expect(queue(newMail('ada@example.com\r\nBcc: eve@example.com'))).rejects.toThrow();
      expect((await store().backlog()).waiting).toBe(0);
    });
  });
}
