import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMailDelivery, type MailDelivery } from '../../../src/app/mail-delivery.ts';
import { openMailRenderer } from '../../../src/app/mail-templates.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { ids } from '../../contract/fixtures.ts';
import {
  type Account,
  type Api,
  codeOf,
  createPerson,
  patientHashing,
  useSharedApi,
} from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { findFreePort } from '../../support/free-port.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { parseMessage } from '../../support/mail-message.ts';
import { TEST_MASTER_KEY, testMailSeal } from '../../support/mail-seal.ts';
import { type ReceivedMail, useSmtpServer } from '../../support/smtp-server.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';

const newPassword = 'eleven green umbrellas';

/** Delivers the mail of a service until the test ends. */
async function deliver(api: Api, env: Readonly<Record<string, string>>): Promise<MailDelivery> {
  const { config } = await loadConfig({ env, cwd: '/nonexistent/user-service' });
  const delivery = createMailDelivery(config.mail, {
    database: api.app.database,
    ids,
    mailSeal: testMailSeal,
    renderer: await openMailRenderer(config.mail),
    logger: createSilentLogger(),
  });
  onTestFinished(() => delivery.stop());
  delivery.start();
  return delivery;
}

function smtpEnvironment(port: number): Record<string, string> {
  return {
    MAIL_SMTP_HOST: '127.0.0.1',
    MAIL_SMTP_PORT: String(port),
    MAIL_SMTP_TLS: 'none',
    MAIL_SMTP_TIMEOUT: '2s',
    MAIL_FROM: 'Accounts <accounts@example.com>',
  };
}

describe.each(APP_DATABASES)('account e-mails on %s', (database) => {
  const api = useSharedApi(database, {
    env: { ...patientHashing, SECURITY_MASTER_KEY: TEST_MASTER_KEY },
  });

  async function changePassword(account: Account): Promise<void> {
    const { access_token: token } = await api().signIn(account);
    const answer = await api().send('PUT', `/v1/users/${account.id}/password`, {
      token,
      headers: { host: 'forged.example', 'x-forwarded-host': 'forged.example' },
      body: { current_password: account.password, new_password: newPassword },
    });
    expect(answer.statusCode, answer.body).toBe(200);
  }

  function untilEnded(): Promise<void> {
    return eventually(
      async () => {
        const waiting = 'select id from mail_queue where sent_at is null and failed_at is null';
        expect(await api().sql(waiting)).toEqual([]);
      },
      { timeoutMs: 20_000 },
    );
  }

  const toOf = (mails: readonly ReceivedMail[]): string[] =>
    mails.map(({ envelope }) => envelope.to.join()).sort();

  it('a password change sends one mail to the account’s address, which repeats nothing of the request', async () => {
    const server = await useSmtpServer();
    await deliver(api(), smtpEnvironment(server.port));
    const account = await api().register();
    await changePassword(account);
    await untilEnded();
    expect(server.received()).toHaveLength(1);
    const [mail] = server.received();
    expect(mail?.envelope.to).toEqual([account.email]);
    expect(mail?.subject).toBe('Your user-service password was changed');
    expect(mail?.text).toMatch(/changed on \d{1,2} [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC\./);
    expect(JSON.stringify(mail)).not.toMatch(/forged|umbrellas|https?:/);
  });

  it.each(['self', 'users:write'])(
    'a change of the address by %s sends one mail to the old and one to the new address',
    async (who) => {
      const server = await useSmtpServer();
      await deliver(api(), smtpEnvironment(server.port));
      const account = await api().register();
      const { email } = createPerson();
      const token =
        who === 'self'
          ? (await api().signIn(account)).access_token
          : (await api().createService('users:write')).key;
      const answer = await api().send('PATCH', `/v1/users/${account.id}`, {
        token,
        headers: { 'content-type': 'application/merge-patch+json' },
        body: {
          email,
          first_name: 'Ida',
          ...(who === 'self' ? { current_password: account.password } : {}),
        },
      });
      expect(answer.statusCode, answer.body).toBe(200);
      await untilEnded();
      expect(toOf(server.received())).toEqual([account.email, email].sort());
      for (const { envelope, text } of server.received()) {
        const [other] = [account.email, email].filter((address) => !envelope.to.includes(address));
        expect(text).not.toContain(other);
      }
      expect(new Set(server.received().map(({ headers }) => headers['message-id']?.[0])).size).toBe(
        2,
      );
    },
  );

  it('other changes, and refused changes, send no mail', async () => {
    const [account, other] = [await api().register(), await api().register()];
    const { key: token } = await api().createService('users:write');
    const patch = (body: object) =>
      api().send('PATCH', `/v1/users/${account.id}`, {
        token,
        headers: { 'content-type': 'application/merge-patch+json' },
        body,
      });
    expect((await patch({ first_name: 'Ida' })).statusCode).toBe(200);
    expect((await patch({ email: account.email.toUpperCase() })).statusCode).toBe(200);
    expect(codeOf(await patch({ email: other.email }))).toBe('email_taken');
    const { access_token } = await api().signIn(account);
    const refused = await api().send('PUT', `/v1/users/${account.id}/password`, {
      token: access_token,
      body: { current_password: 'wrong', new_password: newPassword },
    });
    expect(refused.statusCode).toBe(422);
    const queued = await api().sql('select id from mail_queue where user_id = $1', [account.id]);
    expect(queued).toEqual([]);
  });

  it('a mail waits while the mail server is down', async () => {
    const port = await findFreePort();
    const delivery = await deliver(api(), smtpEnvironment(port));
    const account = await api().register();
    await changePassword(account);
    await eventually(() => expect(delivery.totals().retried).toBeGreaterThan(0));
    expect((await delivery.backlog()).waiting).toBe(1);
    const server = await useSmtpServer({ port });
    await api().sql('update mail_queue set due_at = now() where sent_at is null');
    await untilEnded();
    expect(toOf(server.received())).toEqual([account.email]);
  });

  it('a mail to an unknown mailbox becomes a dead letter, and other mails are sent', async () => {
    const server = await useSmtpServer();
    const delivery = await deliver(api(), smtpEnvironment(server.port));
    const gone = await api().register({ email: `never.${createPerson().email}` });
    const there = await api().register();
    await changePassword(gone);
    await changePassword(there);
    await untilEnded();
    expect(toOf(server.received())).toEqual([there.email]);
    expect(delivery.totals()).toMatchObject({ sent: 1, retried: 0, dead: 1 });
    const [row] = await api().sql<{ last_error: string }>(
      'select last_error from mail_queue where user_id = $1 and failed_at is not null',
      [gone.id],
    );
    expect(row?.last_error).toMatch(/550/);
    expect(row?.last_error).not.toContain('@');
  });

  it('a mail with an unknown outcome is sent again with the same Message-ID', async () => {
    const server = await useSmtpServer();
    const delivery = await deliver(api(), smtpEnvironment(server.port));
    const account = await api().register({ email: `lost.${createPerson().email}` });
    await changePassword(account);
    await eventually(() => expect(delivery.totals().retried).toBe(1));
    await api().sql('update mail_queue set due_at = now() where sent_at is null');
    await untilEnded();
    expect(toOf(server.received())).toEqual([account.email, account.email]);
    expect(new Set(server.received().map(({ headers }) => headers['message-id']?.[0])).size).toBe(
      1,
    );
  });

  it('a mail becomes a file in the folder `mail.path` by default', async () => {
    const directory = createTemporaryDirectory('mail');
    onTestFinished(() => directory.remove());
    await deliver(api(), { MAIL_PATH: directory.path });
    const account = await api().register();
    await changePassword(account);
    await untilEnded();
    const mails = readdirSync(directory.path).map((name) =>
      parseMessage(readFileSync(join(directory.path, name), 'latin1')),
    );
    expect(mails.map(({ headers, subject }) => [headers.to, subject])).toEqual([
      [[account.email], 'Your user-service password was changed'],
    ]);
  });
});
