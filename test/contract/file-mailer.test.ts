import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createFileMailer } from '../../src/infrastructure/mail/file-mailer.ts';
import { parseMessage } from '../support/mail-message.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';
import { ids } from './fixtures.ts';
import { describeMailerContract } from './mailer.contract.ts';

const mail = { to: 'ada@example.com', subject: 'Hello', text: 'Text.' };

function open() {
  const directory = createTemporaryDirectory('mail');
  onTestFinished(() => directory.remove());
  const path = join(directory.path, 'created', 'on demand');
  const mailer = createFileMailer({ path, ids, from: { name: '', address: 'us@example.com' } });
  const files = () => {
    try {
      return readdirSync(path).sort();
    } catch {
      return [];
    }
  };
  return { mailer, path, files };
}

describeMailerContract('files', async () => {
  const { mailer, path, files } = open();
  return {
    mailer,
    delivered: async () =>
      files().map((name) => {
        const { headers, subject, text } = parseMessage(readFileSync(join(path, name), 'latin1'));
        return { to: (headers.to ?? []).join(), subject, text };
      }),
  };
});

it('creates files that only the owner can access, and leaves no draft', async () => {
  const { mailer, path, files } = open();
  await Promise.all([mailer.send(mail), mailer.send(mail), mailer.send(mail)]);
  expect(files()).toHaveLength(3);
  for (const name of files()) {
    expect(name).toMatch(/^[0-9a-f-]{36}\.eml$/);
    expect(statSync(join(path, name)).mode & 0o777).toBe(0o600);
  }
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

it('replaces a mail that is sent again with the same Message-ID', async () => {
  const { mailer, path, files } = open();
  const messageId = '01a203cb-8cf4-779b-900d-7cfb6504198e@example.com';
  await mailer.send({ ...mail, messageId });
  await mailer.send({ ...mail, messageId });
  expect(files()).toEqual(['01a203cb-8cf4-779b-900d-7cfb6504198e.eml']);
  const { headers } = parseMessage(readFileSync(join(path, files()[0] ?? ''), 'latin1'));
  expect(headers['message-id']).toEqual([`<${messageId}>`]);
});
