import { describe, expect, it } from 'vitest';
import { createRecordingLogger } from '../../../test/support/logger.ts';
import { portWith } from '../../../test/support/ports.ts';
import { type ClaimedMail, type Mailer, MailRefused, type MailStore } from '../../domain/mail.ts';
import { createSendMail } from './send-mail.ts';

function claimed(id: string, attempt = 1): ClaimedMail {
  return {
    id,
    userId: 'user',
    kind: 'password_changed',
    to: 'ada@example.com',
    subject: 'Hello',
    text: 'Text.',
    messageId: `${id}@example.com`,
    attempt,
  };
}

/** Gives out the batches one by one, and writes down what becomes of the mails. */
function setUp(batches: ClaimedMail[][], send: Mailer['send'], store: Partial<MailStore> = {}) {
  const ends: (string | number)[][] = [];
  const sent: string[] = [];
  const logger = createRecordingLogger();
  const sender = createSendMail({
    store: portWith<MailStore>({
      claim: async () => batches.shift() ?? [],
      markSent: async ({ id }) => ends.push(['sent', id]) > 0,
      putOff: async ({ id }, delayMs, error) => ends.push(['put off', id, delayMs, error]) > 0,
      markFailed: async ({ id }, error) => ends.push(['failed', id, error]) > 0,
      ...store,
    }),
    mailer: {
      async send(mail, signal) {
        sent.push(mail.messageId ?? '');
        await send(mail, signal);
      },
    },
    logger,
    host: 'example.com',
    attemptTimeoutMs: 60_000,
    random: () => 0.5,
  });
  return { sender, ends, sent, logger };
}

const takes = async (): Promise<void> => {};
const isAway = async (): Promise<void> => {
  throw new Error('nobody answers');
};

describe('sending queued mail', () => {
  it('goes on while batches are full and mail is taken, and marks each mail', async () => {
    const full = ['a', 'b', 'c', 'd'].map((id) => claimed(id));
    const { sender, ends } = setUp([full, [claimed('e')], [claimed('f')]], takes);
    await sender.run();
    expect(ends).toEqual(['a', 'b', 'c', 'd', 'e'].map((id) => ['sent', id]));
    expect(sender.totals()).toEqual({ sent: 5, retried: 0, failed: 0 });
  });

  it('ends a run when a whole batch was not taken: the rest would wait for the same server', async () => {
    const full = ['a', 'b', 'c', 'd'].map((id) => claimed(id));
    const { sender, ends } = setUp([full, [claimed('e')]], isAway);
    await sender.run();
    expect(ends.map(([end]) => end)).toEqual(['put off', 'put off', 'put off', 'put off']);
  });

  it.each([
    [1, 7_500],
    [2, 15_000],
    [8, 960_000],
    [30, 2_700_000],
    [99, 2_700_000],
  ])(
    'puts attempt %i off by three quarters of its pause when chance is even',
    async (attempt, delayMs) => {
      const { sender, ends } = setUp([[claimed('a', attempt)]], isAway);
      await sender.run();
      expect(ends).toEqual([['put off', 'a', delayMs, 'nobody answers']]);
      expect(sender.totals()).toEqual({ sent: 0, retried: 1, failed: 0 });
    },
  );

  it('gives up what is refused for good, and what was tried a hundred times', async () => {
    const refuses = async ({ messageId }: { messageId?: string }): Promise<void> => {
      if (messageId?.startsWith('refused') === true) throw new MailRefused('no such mailbox');
      throw new Error('nobody answers');
    };
    const mails = [claimed('refused'), claimed('old', 100), claimed('older', 101)];
    const { sender, ends, sent } = setUp([mails], refuses);
    await sender.run();
    expect(new Set(ends.map(([end, id]) => `${end} ${id}`))).toEqual(
      new Set(['failed refused', 'failed old', 'failed older']),
    );
    expect(sent).not.toContain('older@example.com');
    expect(sender.totals()).toEqual({ sent: 0, retried: 0, failed: 3 });
  });

  it('does not send again what it sent and could not record', async () => {
    let broken = true;
    const recorded: string[] = [];
    const { sender, sent } = setUp([[claimed('a')], [claimed('a', 2)]], takes, {
      async markSent({ id }) {
        if (broken) throw new Error('the database is away');
        return recorded.push(id) > 0;
      },
    });
    await expect(sender.run()).rejects.toThrow('the database is away');
    broken = false;
    await sender.run();
    expect([sent, recorded]).toEqual([['a@example.com'], ['a']]);
  });

  it('names no address in what it logs', async () => {
    const { sender, logger } = setUp([[claimed('a'), claimed('b', 100)]], isAway);
    await sender.run();
    expect(logger.lines).toHaveLength(2);
    expect(JSON.stringify(logger.lines)).not.toContain('ada@');
  });

  it('lets an attempt under way end when it is stopped, and begins no other', async () => {
    let end: () => void = () => {};
    const { sender, ends } = setUp([[claimed('a')], [claimed('b')]], () => {
      return new Promise((resolve) => {
        end = resolve;
      });
    });
    const running = sender.run();
    const stopped = sender.stop();
    await Promise.resolve();
    end();
    await Promise.all([running, stopped]);
    await sender.run();
    expect(ends).toEqual([['sent', 'a']]);
  });
});
