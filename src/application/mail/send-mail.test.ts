import { describe, expect, it } from 'vitest';
import { createRecordingLogger } from '../../../test/support/logger.ts';
import { portWith } from '../../../test/support/ports.ts';
import { type ClaimedMail, type Mailer, MailRefused, type MailStore } from '../../domain/mail.ts';
import { createSendMail } from './send-mail.ts';

function claimed(id: string, attempt = 1, traits: Partial<ClaimedMail> = {}): ClaimedMail {
  return {
    id,
    userId: 'user',
    kind: 'password_changed',
    to: 'ada@example.com',
    content: { subject: 'Hello', text: 'Text.' },
    messageId: `${id}@example.com`,
    attempt,
    expired: false,
    admitted: true,
    ...traits,
  };
}

/** A sender whose store returns the batches one by one. `outcomes` records what happens to the mails. */
function setUp(batches: ClaimedMail[][], send: Mailer['send'], store: Partial<MailStore> = {}) {
  const outcomes: (string | number)[][] = [];
  const sent: string[] = [];
  const logger = createRecordingLogger();
  const sender = createSendMail({
    store: portWith<MailStore>({
      claim: async () => batches.shift() ?? [],
      markSent: async ({ id }) => outcomes.push(['sent', id]) > 0,
      reschedule: async ({ id }, delayMs, error) =>
        outcomes.push(['rescheduled', id, delayMs, error]) > 0,
      markDead: async ({ id }, error) => outcomes.push(['dead', id, error]) > 0,
      ...store,
    }),
    mailer: {
      async send(mail, signal) {
        sent.push(mail.messageId ?? '');
        await send(mail, signal);
      },
    },
    renderer: {
      async render({ kind, data }) {
        const values = 'code' in data ? ` ${data.code} ${data.url}` : '';
        return { subject: kind, text: `Rendered ${kind}${values}.` };
      },
    },
    logger,
    host: 'example.com',
    maxPerHour: 100,
    clock: { now: () => new Date('2026-01-01T12:00:00Z') },
    nowMs: () => 0,
    attemptTimeoutMs: 60_000,
    random: () => 0.5,
  });
  return { sender, outcomes, sent, logger };
}

const accept = async (): Promise<void> => {};
const isDown = async (): Promise<void> => {
  throw new Error('no answer');
};

describe('sending queued mail', () => {
  it('continues while batches are full and mail is accepted, and marks each mail', async () => {
    const full = ['a', 'b', 'c', 'd'].map((id) => claimed(id));
    const { sender, outcomes } = setUp([full, [claimed('e')], [claimed('f')]], accept);
    await sender.run();
    expect(outcomes).toEqual(['a', 'b', 'c', 'd', 'e'].map((id) => ['sent', id]));
    expect(sender.totals()).toMatchObject({ sent: 5, retried: 0, dead: 0 });
  });

  it('ends a run when a whole batch is rescheduled: the server is probably down', async () => {
    const full = ['a', 'b', 'c', 'd'].map((id) => claimed(id));
    const { sender, outcomes } = setUp([full, [claimed('e')]], isDown);
    await sender.run();
    expect(outcomes.map(([outcome]) => outcome)).toEqual(Array(4).fill('rescheduled'));
  });

  it.each([
    [1, 7_500],
    [2, 15_000],
    [8, 960_000],
    [30, 2_700_000],
    [99, 2_700_000],
  ])(
    'after attempt %i waits three quarters of its pause when the random number is 0.5',
    async (attempt, delayMs) => {
      const { sender, outcomes } = setUp([[claimed('a', attempt)]], isDown);
      await sender.run();
      expect(outcomes).toEqual([['rescheduled', 'a', delayMs, 'no answer']]);
      expect(sender.totals()).toMatchObject({ sent: 0, retried: 1, dead: 0 });
    },
  );

  it('makes a dead letter of a mail that is rejected permanently, or was tried a hundred times', async () => {
    const refuses = async ({ messageId }: { messageId?: string }): Promise<void> => {
      if (messageId?.startsWith('refused') === true) throw new MailRefused('no such mailbox');
      throw new Error('no answer');
    };
    const mails = [claimed('refused'), claimed('old', 100), claimed('older', 101)];
    const { sender, outcomes, sent } = setUp([mails], refuses);
    await sender.run();
    expect(new Set(outcomes.map(([outcome, id]) => `${outcome} ${id}`))).toEqual(
      new Set(['dead refused', 'dead old', 'dead older']),
    );
    expect(sent).not.toContain('older@example.com');
    expect(sender.totals()).toMatchObject({ sent: 0, retried: 0, dead: 3 });
  });

  it('sends a mail late without its code when that has expired', async () => {
    const texts: string[] = [];
    const data = {
      ...{ code: '042137', url: 'https://app.example/#t=a', expires_in_minutes: 10 },
      ...{ code_expires_at: new Date('2026-01-01T11:00:00Z'), link_expires_in_minutes: 1_440 },
    };
    const content = { locale: null, firstName: null, kind: 'verify_email', data } as const;
    const mail = claimed('late', 7, { kind: 'verify_email', content });
    const { sender, outcomes } = setUp([[mail]], async ({ text }) => void texts.push(text));
    await sender.run();
    expect(outcomes).toEqual([['sent', 'late']]);
    expect(texts[0]).toContain('https://app.example/#t=a');
    expect(texts[0]).not.toContain('042137');
  });

  it('does not send a mail again when it was sent and the outcome could not be recorded', async () => {
    let broken = true;
    const recorded: string[] = [];
    const { sender, sent } = setUp([[claimed('a')], [claimed('a', 2)]], accept, {
      async markSent({ id }) {
        if (broken) throw new Error('the database is down');
        return recorded.push(id) > 0;
      },
    });
    await expect(sender.run()).rejects.toThrow('the database is down');
    broken = false;
    await sender.run();
    expect([sent, recorded]).toEqual([['a@example.com'], ['a']]);
  });

  it('renders the content of a mail, and sends a text of an older build as it is', async () => {
    const texts: string[] = [];
    const body = { kind: 'password_changed', data: { changed_at: new Date(0) } } as const;
    const content = { ...body, locale: null, firstName: null };
    const { sender } = setUp([[claimed('a', 1, { content }), claimed('b')]], async ({ text }) => {
      texts.push(text);
    });
    await sender.run();
    expect(new Set(texts)).toEqual(new Set(['Rendered password_changed.', 'Text.']));
  });

  it('does not send a mail that expired or whose content is gone', async () => {
    const mails = [claimed('old', 1, { expired: true }), claimed('empty', 1, { content: null })];
    const { sender, outcomes, sent } = setUp([mails], accept);
    await sender.run();
    expect(sent).toEqual([]);
    expect(outcomes).toEqual([
      ['dead', 'old', 'its code or link expired before it could be sent'],
      ['dead', 'empty', 'its content was deleted, or sealed with another master key'],
    ]);
  });

  it('does not send mails over a limit, counts them, and logs one line for a user', async () => {
    const mails = ['a', 'b', 'c'].map((id) => claimed(id, 1, { admitted: false }));
    const admissions = ['admitted', 'mailbox_full', 'mailbox_full'] as const;
    let next = 0;
    const suppressed: (boolean | undefined)[] = [];
    const { sender, sent, logger } = setUp([mails], accept, {
      admit: async () => admissions[next++] ?? 'service_full',
      markDead: async (_mail, _reason, isSuppressed) => suppressed.push(isSuppressed) > 0,
    });
    await sender.run();
    expect(sent).toEqual(['a@example.com']);
    expect(suppressed).toEqual([true, true]);
    expect(sender.totals()).toEqual({
      ...{ sent: 1, retried: 0, dead: 0 },
      suppressed: { mailbox: 2, service: 0 },
    });
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'did not send a mail that is over a limit',
    ]);
  });

  it('leaves room for security notices', async () => {
    const asked: [string, number][] = [];
    const kinds = ['password_changed', 'verify_email'];
    const mails = kinds.map((kind) => claimed(kind, 1, { kind, admitted: false }));
    const { sender } = setUp([mails], accept, {
      async admit({ kind }, { servicePerHour, mailboxPerHour, mailboxPerDay }) {
        asked.push([kind, servicePerHour], ['', mailboxPerHour], ['', mailboxPerDay]);
        return 'admitted';
      },
    });
    await sender.run();
    expect(asked).toEqual([
      ...[
        ['password_changed', 100],
        ['', 20],
        ['', 40],
      ],
      ...[
        ['verify_email', 80],
        ['', 15],
        ['', 20],
      ],
    ]);
  });

  it('logs no address', async () => {
    const { sender, logger } = setUp([[claimed('a'), claimed('b', 100)]], isDown);
    await sender.run();
    expect(logger.lines).toHaveLength(2);
    expect(JSON.stringify(logger.lines)).not.toContain('ada@');
  });

  it('finishes the attempt in progress when it is stopped, and starts no other', async () => {
    let end: () => void = () => {};
    let begin: () => void = () => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const { sender, outcomes } = setUp([[claimed('a')], [claimed('b')]], () => {
      begin();
      return new Promise((resolve) => {
        end = resolve;
      });
    });
    const running = sender.run();
    const stopped = sender.stop();
    await begun;
    end();
    await Promise.all([running, stopped]);
    await sender.run();
    expect(outcomes).toEqual([['sent', 'a']]);
  });
});
