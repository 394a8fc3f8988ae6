import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MailRefused } from '../../../src/domain/mail.ts';
import {
  createSmtpMailer,
  type SmtpSettings,
} from '../../../src/infrastructure/mail/smtp-mailer.ts';
import { createCertificates, type TestCertificates } from '../../support/certificates.ts';
import { findFreePort } from '../../support/free-port.ts';
import { useSmtpServer } from '../../support/smtp-server.ts';

const mail = { to: 'ada@example.com', subject: 'Hello', text: 'Text.' };

function createMailer(port: number, settings: Partial<SmtpSettings> = {}) {
  const mailer = createSmtpMailer(
    {
      host: '127.0.0.1',
      port,
      tls: 'none',
      timeoutMs: 5_000,
      maxConnections: 2,
      ...settings,
    },
    { name: 'Acme, Inc.', address: 'accounts@example.com' },
  );
  onTestFinished(() => mailer.close());
  return mailer;
}

async function useCertificates(): Promise<TestCertificates> {
  const certificates = await createCertificates();
  onTestFinished(() => certificates.remove());
  return certificates;
}

async function rejectionOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('it was accepted'),
    (error: Error) => error,
  );
}

describe('mail over SMTP', () => {
  it('has one sender and one recipient, the same in headers and envelope, and is marked as automatic', async () => {
    const server = await useSmtpServer();
    await createMailer(server.port).send({ ...mail, messageId: 'one@example.com' });
    const [received] = server.received();
    expect(received?.envelope).toEqual({ from: 'accounts@example.com', to: [mail.to] });
    expect(received?.headers).toMatchObject({
      from: ['"Acme, Inc." <accounts@example.com>'],
      to: [mail.to],
      'message-id': ['<one@example.com>'],
      'auto-submitted': ['auto-generated'],
    });
  });

  it('preserves lines that look like the end of the data or like headers', async () => {
    const server = await useSmtpServer();
    const text = 'One.\n.\nQUIT\nBcc: eve@example.com\n\n..two\nFrom here';
    await createMailer(server.port).send({ ...mail, text });
    expect(server.received().map((received) => received.text)).toEqual([text]);
  });

  it.each([
    ['550 at RCPT', 'never@example.com', true, /550.*\(?EENVELOPE|EENVELOPE.*550/],
    ['451 at RCPT', 'later@example.com', false, /EENVELOPE at RCPT TO.*451/],
    ['554 after the data', 'spam@example.com', true, /EMESSAGE at DATA.*554/],
    ['452 after the data', 'full@example.com', false, /EMESSAGE at DATA.*452/],
  ])('classifies %s as permanent or temporary', async (_what, to, isPermanent, message) => {
    const server = await useSmtpServer();
    const mailer = createMailer(server.port);
    const error = await rejectionOf(mailer.send({ ...mail, to }));
    expect(error instanceof MailRefused).toBe(isPermanent);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain(to);
    // The next mail works, on the same connection or a new one.
    await mailer.send(mail);
    expect(server.received()).toHaveLength(1);
  });

  it.each(['drop@example.com', 'lost@example.com'])(
    'makes only one attempt when the connection breaks during or after the data: %s',
    async (to) => {
      const server = await useSmtpServer();
      const mailer = createMailer(server.port);
      const error = await rejectionOf(mailer.send({ ...mail, to }));
      expect(error).not.toBeInstanceOf(MailRefused);
      await mailer.send(mail);
      const taken = server.received().map(({ envelope }) => envelope.to.join());
      expect(taken).toEqual(to.startsWith('lost') ? [to, mail.to] : [mail.to]);
    },
  );

  it('stops waiting for a reply to the data at its timeout or when the signal aborts', async () => {
    const server = await useSmtpServer();
    const to = 'hang@example.com';
    const impatient = createMailer(server.port, { timeoutMs: 200 });
    expect((await rejectionOf(impatient.send({ ...mail, to }))).message).toMatch(/ETIMEDOUT/);
    const patient = createMailer(server.port, { timeoutMs: 60_000 });
    await rejectionOf(patient.send({ ...mail, to }, AbortSignal.timeout(200)));
    await patient.send(mail);
    expect(server.received()).toHaveLength(1);
  });

  it('times out when the server does not greet', async () => {
    const server = await useSmtpServer({ greetingDelayMs: 60_000 });
    const error = await rejectionOf(createMailer(server.port, { timeoutMs: 200 }).send(mail));
    expect(error.message).toMatch(/ETIMEDOUT/);
  });

  it('waits for a slow greeting within its timeout', async () => {
    const server = await useSmtpServer({ greetingDelayMs: 300 });
    await createMailer(server.port).send(mail);
    expect(server.received()).toHaveLength(1);
  });

  it('fails when no server listens, and when it is closed during a mail', async () => {
    const mailer = createMailer(await findFreePort());
    expect((await rejectionOf(mailer.send(mail))).message).toMatch(/ECONNREFUSED|ESOCKET/);
    const server = await useSmtpServer();
    const closing = createMailer(server.port, { timeoutMs: 60_000 });
    await closing.send(mail);
    const sending = rejectionOf(closing.send({ ...mail, to: 'hang@example.com' }));
    closing.close();
    expect(await sending).toBeInstanceOf(Error);
    await expect(closing.send(mail)).rejects.toThrow(/closed/);
  });

  it('opens at most maxConnections, and delivers every mail', async () => {
    const server = await useSmtpServer({ greetingDelayMs: 20 });
    const mailer = createMailer(server.port, { maxConnections: 2 });
    const all = Array.from({ length: 30 }, (_, number) => `person${number}@example.com`);
    await Promise.all(all.map((to) => mailer.send({ ...mail, to })));
    const taken = server.received().map(({ envelope }) => envelope.to.join());
    expect(taken.toSorted()).toEqual(all.toSorted());
    expect(Math.max(...server.received().map(({ connections }) => connections))).toBe(2);
  });
});

describe('TLS to the mail server', () => {
  it.each(['starttls', 'implicit'] as const)('%s encrypts and authenticates', async (tls) => {
    const { ca, server: certificate } = await useCertificates();
    const server = await useSmtpServer({
      certificate,
      implicitTls: tls === 'implicit',
      password: 'mail password',
    });
    const settings = { tls, host: 'localhost', ca: readFileSync(ca.certificatePath, 'utf8') };
    const account = { username: 'us', password: 'mail password' };
    await createMailer(server.port, { ...settings, ...account }).send(mail);
    expect(server.received()).toMatchObject([{ secure: true, user: 'us' }]);
    const wrong = { ...account, password: 'wrong password' };
    const error = await rejectionOf(
      createMailer(server.port, { ...settings, ...wrong }).send(mail),
    );
    expect(error.message).toMatch(/EAUTH/);
    // An operator can fix the password, so the error is not permanent.
    expect(error).not.toBeInstanceOf(MailRefused);
    expect(server.received()).toHaveLength(1);
  });

  it('starttls sends nothing to a server that does not offer STARTTLS', async () => {
    const server = await useSmtpServer();
    const error = await rejectionOf(createMailer(server.port, { tls: 'starttls' }).send(mail));
    expect(error).not.toBeInstanceOf(MailRefused);
    expect(server.received()).toEqual([]);
  });

  it.each(['serverOfOtherCa', 'serverOfOtherHost'] as const)(
    'refuses the certificate %s',
    async (name) => {
      const certificates = await useCertificates();
      const server = await useSmtpServer({ certificate: certificates[name] });
      const ca = readFileSync(certificates.ca.certificatePath, 'utf8');
      const settings = { tls: 'starttls', host: 'localhost', ca } as const;
      await rejectionOf(createMailer(server.port, settings).send(mail));
      expect(server.received()).toEqual([]);
    },
  );
});
