import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createApi, patientHashing } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createMailFolder, linksOf } from '../../support/mail-folder.ts';
import { fencedBlocks } from '../../support/markdown.ts';

const page = new URL('../../../docs/use-it/sign-up-and-recovery.md', import.meta.url);
const blocks = fencedBlocks(readFileSync(page, 'utf8')).filter(({ language }) => language === 'sh');

/** What stands in the page for values of the reader's own service. */
const EXAMPLES = {
  url: 'http://127.0.0.1:8080',
  token: 'uct_…',
  challengeId: '0198c0e0-7e8f-70b1-82d3-4f5061728394',
  code: '204862',
  // Refused by the service, so that no reader uses it.
  password: 'a long enough passphrase',
} as const;

test('the commands of docs/use-it/sign-up-and-recovery.md work as they stand', async () => {
  const folder = createMailFolder();
  const app = await useTestApp({
    database: 'embedded',
    env: {
      ...{ ...patientHashing, MAIL_PATH: folder.path },
      REGISTRATION_VERIFICATION_MAIL: 'false',
    },
  });
  const { url } = await app.listen();
  const api = createApi(app);
  const { email, password } = await api.register({ email: 'ada@example.com' });

  /** Runs a block with the reader's own values for the examples. */
  async function run(text = '', values: Partial<Record<keyof typeof EXAMPLES, string>> = {}) {
    let script = text.replaceAll('curl ', `curl -sS -w '\\n%{http_code}' `);
    for (const [name, value] of Object.entries({ url, ...values })) {
      const example = EXAMPLES[name as keyof typeof EXAMPLES];
      expect(script).toContain(example);
      script = script.replaceAll(example, value);
    }
    const { stdout } = await promisify(execFile)('bash', ['-euc', script]);
    const [status = '', ...lines] = stdout.split('\n').reverse();
    return { status: Number(status), body: lines.reverse().join('\n') };
  }

  const [verification, verified, reset, chosen, ...others] = blocks.map(({ text }) => text);
  expect(others).toEqual([]);
  try {
    const requested = await run(verification);
    expect(requested.status).toBe(202);
    expect(Object.keys(JSON.parse(requested.body))).toEqual(['challenge_id', 'expires_in']);
    const [link = ''] = linksOf(await folder.waitFor(email, /\d{6}/));
    expect(await run(verified, { token: new URL(link).hash.slice(3) })).toEqual({
      ...{ status: 204, body: '' },
    });
    expect(
      await api.sql('select id from users where email = $1 and email_verified', [email]),
    ).toHaveLength(1);

    const { challenge_id: challengeId } = JSON.parse((await run(reset)).body);
    // The proof of a stranger took the password away, so a mail of that reset is there, too.
    const mail = await eventually(
      () => {
        const found = folder.mailsTo(email).find(({ text }) => text.includes(challengeId));
        if (found === undefined) throw new Error('no mail of this request');
        return found;
      },
      { timeoutMs: 20_000, what: 'the mail of the reset' },
    );
    const newPassword = 'eleven green umbrellas';
    const code = /\d{6}/.exec(mail.subject)?.[0] ?? '';
    expect(await run(chosen, { challengeId, code, password: newPassword })).toEqual({
      status: 204,
      body: '',
    });
    expect((await api.trySignIn(email, password)).statusCode).toBe(401);
    await api.signIn({ email, password: newPassword });
  } finally {
    folder.remove();
  }
}, 120_000);
