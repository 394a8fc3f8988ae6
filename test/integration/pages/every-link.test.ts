import { expect, it } from 'vitest';
import { MAIL_KINDS, type MailKind } from '../../../src/domain/mail.ts';
import { useAccountPages } from '../../support/account-pages.ts';
import { createPerson } from '../../support/api.ts';
import { linksOf } from '../../support/mail-folder.ts';

const pages = useAccountPages({
  ...{ LOCKOUT_FREE: '1', LOCKOUT_STOP: '2', LOCKOUT_MAX_WAIT: '1s' },
  MAIL_PRODUCT_NAME: 'Acme',
});

/** Kinds of mail without a link. */
const WITHOUT_LINK: readonly MailKind[] = ['email_changed', 'password_changed'];

/** Everything that a link could change. */
const TABLES = ['users', 'sessions', 'challenges', 'challenge_requests', 'invitations', 'outbox'];

async function snapshot(): Promise<string> {
  const rows = [];
  for (const table of TABLES) {
    rows.push(await pages.api().sql(`select t::text as row from ${table} t order by 1`));
  }
  return JSON.stringify(rows);
}

async function linkOf(email: string, subject: RegExp): Promise<string> {
  const [link = ''] = linksOf(await pages.folder().waitFor(email, subject));
  return link;
}

/** One link of each kind of mail that has one. */
async function collectLinks(): Promise<Readonly<Partial<Record<MailKind, string>>>> {
  const api = pages.api();
  const ask = async (path: string, body: object, token?: string) => {
    const answer = await api.send('POST', path, {
      body,
      ...(token === undefined ? {} : { token }),
    });
    expect(answer.statusCode, answer.body).toBeLessThan(300);
  };
  const tokenOf = (link: string): string => new URL(link).hash.slice(3);
  const verifying = await api.register();
  const verify_email = await linkOf(verifying.email, /is your Acme code/);
  await ask('/v1/password-resets', { email: verifying.email });
  const reset_password = await linkOf(verifying.email, /password/);

  const moving = await api.register();
  const proof = tokenOf(await linkOf(moving.email, /is your Acme code/));
  await ask('/v1/email-verifications/confirm', { token: proof });
  const { access_token } = await api.signIn(moving);
  const [first, second] = [createPerson().email, createPerson().email];
  const change = (email: string) =>
    ask('/v1/me/email-change', { email, current_password: moving.password }, access_token);
  await change(first);
  await ask('/v1/email-changes/confirm', { token: tokenOf(await linkOf(first, /new Acme/)) });
  const email_changed_former = await linkOf(moving.email, /was changed/);
  await change(second);
  const change_email = await linkOf(second, /new Acme/);
  await change(verifying.email);
  const address_in_use = await linkOf(verifying.email, /already/);

  const { key } = await api.createService('users:admin');
  const guest = createPerson().email;
  await ask('/v1/invitations', { email: guest }, key);
  const invitation = await linkOf(guest, /invit/i);

  const locked = await api.register();
  await api.trySignIn(locked.email, 'one wrong guess');
  await api.trySignIn(locked.email, 'another wrong guess');
  const account_locked = await linkOf(locked.email, /is paused/);
  return {
    ...{ verify_email, reset_password, change_email, email_changed_former },
    ...{ address_in_use, invitation, account_locked },
  };
}

it('no link of any mail changes anything when Chromium opens it, or a hundred scanners do', async () => {
  const links = await collectLinks();
  const kinds = Object.keys(MAIL_KINDS) as MailKind[];
  expect(Object.keys(links).sort()).toEqual(
    kinds.filter((kind) => !WITHOUT_LINK.includes(kind)).sort(),
  );
  const before = await snapshot();
  for (const link of Object.values(links)) {
    const { page, context, notes } = await pages.open();
    await page.goto(link, { waitUntil: 'networkidle' });
    expect(await page.locator('main').isVisible(), link).toBe(true);
    await context.close();
    expect(notes.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
    const { pathname, search } = new URL(link);
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const method = index % 2 === 0 ? 'GET' : 'HEAD';
        const { http } = pages.api().app;
        return (await http.inject({ method, url: pathname + search })).statusCode;
      }),
    );
    expect(new Set(statuses), link).toEqual(new Set([200]));
  }
  expect(await snapshot()).toBe(before);
}, 120_000);
