import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type PreparedPassword, preparePassword } from '../../src/domain/user/password.ts';
import { createSmtpMailer, type SmtpSettings } from '../../src/infrastructure/mail/smtp-mailer.ts';
import { createPwnedPasswords } from '../../src/infrastructure/security/pwned-passwords.ts';
import { monotonicMs } from '../../src/infrastructure/system/monotonic.ts';
import { createRecordingLogger } from '../support/logger.ts';

const password = preparePassword('quiet otter sings 78') as PreparedPassword;

/** A mail server that greets and answers each line as told, on loopback until the end of the test. */
async function useMailServer(
  greeting: string,
  answer: (line: string) => string,
): Promise<{ readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write(`${greeting}\r\n`);
    socket.on('data', (data) => socket.write(`${answer(String(data))}\r\n`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server.address() as { port: number };
}

/** The error of one attempt, which the log and the queue show as the reason. */
async function attempt(over: Partial<SmtpSettings>): Promise<string> {
  const settings = { host: '127.0.0.1', port: 1, tls: 'none', timeoutMs: 2_000, maxConnections: 1 };
  const mailer = createSmtpMailer({ ...settings, ...over } as SmtpSettings, {
    name: 'Users',
    address: 'users@mail.example',
  });
  onTestFinished(() => mailer.close());
  const sent = mailer.send({ to: 'a@mail.example', subject: 'Hello', text: 'Hello' });
  return sent.then(
    () => 'sent',
    (error: Error) => error.message,
  );
}

const ehlo = (line: string) =>
  line.startsWith('EHLO') ? '250-mail.example\r\n250 AUTH PLAIN' : '535 5.7.8 refused';

test('a mail server that cannot be reached or refuses the service says why', async () => {
  const plain = await useMailServer('220 mail.example', ehlo);
  const closed = await useMailServer('554 no mail today', () => '554 no');
  expect(await attempt({})).toContain('ECONNREFUSED');
  expect(await attempt({ host: 'mail.invalid' })).toMatch(/ENOTFOUND|EAI_AGAIN/);
  expect(await attempt({ port: closed.port })).toContain('554 no mail today');
  expect(await attempt({ port: plain.port, tls: 'starttls' })).toMatch(/STARTTLS/i);
  expect(await attempt({ port: plain.port, tls: 'implicit' })).toMatch(/SSL|TLS|wrong version/i);
  const wrong = { username: 'users', password: 'not-the-password' };
  const refused = await attempt({ port: plain.port, ...wrong });
  expect(refused).toContain('535 5.7.8 refused');
  expect(refused).not.toContain('not-the-password');
});

test.each([
  ['http://127.0.0.1:1', /ECONNREFUSED/],
  ['http://localhost:1', /ECONNREFUSED/],
  ['https://breaches.invalid', /ENOTFOUND|EAI_AGAIN/],
])('the breached-password API at %s says why it is not used', async (url, cause) => {
  const logger = createRecordingLogger();
  const settings = { url, timeoutMs: 2_000, failOpen: true };
  const api = createPwnedPasswords(settings, { logger, monotonicMs });
  onTestFinished(() => api.close());
  expect(await api.lookUp(password)).toEqual({ checked: false });
  const reasons = logger.lines.map(({ fields }) => String(fields.reason));
  expect(reasons).toEqual([expect.stringMatching(cause)]);
});
