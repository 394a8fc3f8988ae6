import { describe, expect, it } from 'vitest';
import { useAccountPages } from '../../support/account-pages.ts';
import { type Account, createPerson, goodPassword } from '../../support/api.ts';
import { linksOf } from '../../support/mail-folder.ts';

const newPassword = 'eleven green umbrellas';

describe('the pages of links and codes', () => {
  const pages = useAccountPages();

  /** The link and the code of the only mail to an address whose subject matches. */
  async function secretsOf(email: string, subject: RegExp) {
    const mail = await pages.folder().waitFor(email, subject);
    const [link = ''] = linksOf(mail);
    return { link, code: /\d{6}/.exec(mail.subject)?.[0] ?? '' };
  }

  async function isVerified({ email }: Pick<Account, 'email'>): Promise<boolean> {
    const rows = await pages
      .api()
      .sql('select id from users where email = $1 and email_verified', [email]);
    return rows.length === 1;
  }

  it('opening every link changes nothing; the button verifies the address', async () => {
    const account = await pages.api().register();
    const { link } = await secretsOf(account.email, /confirm|verif|code/i);
    const { page, notes } = await pages.open();
    for (let visit = 0; visit < 3; visit += 1) {
      await page.goto('about:blank');
      await page.goto(link, { waitUntil: 'networkidle' });
    }
    expect(notes.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
    expect(page.url()).not.toContain('#');
    expect(await page.getByLabel('Code from the mail').count()).toBe(0);
    expect(await isVerified(account)).toBe(false);
    await page.getByRole('button', { name: 'Confirm address' }).click();
    await page.getByRole('heading', { name: 'Address confirmed' }).waitFor();
    expect(await isVerified(account)).toBe(true);
    await page.goto(link);
    await page.getByRole('button', { name: 'Confirm address' }).click();
    await page.getByText('The code or link is wrong').waitFor();
    expect(notes.problems).toEqual([]);
    expect(notes.requests.filter((request) => !request.includes(` ${pages.origin()}/`))).toEqual(
      [],
    );
    expect(notes.requests.join()).not.toContain('uct_');
  });

  it('without a script, the code of the mail verifies, after a wrong one', async () => {
    const account = await pages.api().register();
    const { link, code } = await secretsOf(account.email, /confirm|verif|code/i);
    const { page, notes } = await pages.open({ javaScriptEnabled: false });
    await page.goto(link);
    await page.getByLabel('Code from the mail').fill(code === '000000' ? '000001' : '000000');
    await page.getByRole('button', { name: 'Confirm address' }).click();
    await page.getByText('The code or link is wrong').waitFor();
    await page.getByLabel('Code from the mail').fill(code);
    await page.getByRole('button', { name: 'Confirm address' }).click();
    await page.getByRole('heading', { name: 'Address confirmed' }).waitFor();
    expect(await isVerified(account)).toBe(true);
    expect(notes.problems).toEqual([]);
  });

  it('a reset begins on the page, for known and unknown addresses alike, and its link sets a password', async () => {
    const account = await pages.api().register();
    const { page, notes } = await pages.open();
    const texts: (string | null)[] = [];
    for (const email of [createPerson().email, account.email]) {
      await page.goto(`${pages.origin()}/account/reset-password`);
      await page.getByLabel('Email address').fill(email);
      await page.getByRole('button', { name: 'Send mail' }).click();
      await page.getByText('If there is an account with this address').waitFor();
      texts.push(await page.locator('main').textContent());
    }
    expect(texts[0]).toBe(texts[1]);
    const { link } = await secretsOf(account.email, /password/i);
    await page.goto(link, { waitUntil: 'networkidle' });
    await page.getByLabel('New password').fill('password1');
    await page.getByRole('button', { name: 'Save password' }).click();
    await page.getByText('This password is common or easy to guess').waitFor();
    await page.getByLabel('New password').fill(newPassword);
    await page.getByRole('button', { name: 'Save password' }).click();
    await page.getByRole('heading', { name: 'Password saved' }).waitFor();
    expect((await pages.api().trySignIn(account.email, goodPassword)).statusCode).toBe(401);
    await pages.api().signIn({ email: account.email, password: newPassword });
    expect(notes.problems).toEqual([]);
  });

  it('without a script, a reset begins and ends on one page, with the code', async () => {
    const account = await pages.api().register();
    const { page } = await pages.open({ javaScriptEnabled: false, locale: 'de-DE' });
    await page.goto(`${pages.origin()}/account/reset-password`);
    await page.getByLabel('E-Mail-Adresse').fill(account.email);
    await page.getByRole('button', { name: 'E-Mail senden' }).click();
    const { code } = await secretsOf(account.email, /password/i);
    await page.getByLabel('Code aus der E-Mail').fill(code);
    await page.getByLabel('Neues Passwort').fill(newPassword);
    await page.getByRole('button', { name: 'Passwort speichern' }).click();
    await page.getByRole('heading', { name: 'Passwort gespeichert' }).waitFor();
    await pages.api().signIn({ email: account.email, password: newPassword });
  });

  it('a change of address is confirmed at the new address and taken back at the old one', async () => {
    const account = await pages.api().register();
    const verifying = await secretsOf(account.email, /\d{6}/);
    const proof = { token: new URL(verifying.link).hash.slice(3) };
    await pages.api().send('POST', '/v1/email-verifications/confirm', { body: proof });
    const { access_token: token } = await pages.api().signIn(account);
    const { email } = createPerson();
    const body = { email, current_password: account.password };
    const requested = await pages.api().send('POST', '/v1/me/email-change', { token, body });
    expect(requested.statusCode, requested.body).toBe(202);
    const { link } = await secretsOf(email, /\d{6}/);
    const { page, notes } = await pages.open();
    await page.goto(link, { waitUntil: 'networkidle' });
    expect(new URL(page.url()).pathname).toBe('/account/confirm-email-change');
    await page.getByRole('button', { name: 'Confirm address' }).click();
    await page.getByRole('heading', { name: 'Address changed' }).waitFor();
    const undo = await secretsOf(account.email, /address.*changed|changed.*address/i);
    await page.goto(undo.link, { waitUntil: 'networkidle' });
    expect(new URL(page.url()).pathname).toBe('/account/undo-email-change');
    const addressOf = async () =>
      (
        await pages
          .api()
          .sql<{ email: string }>('select email from users where id = $1', [account.id])
      )[0]?.email;
    expect(await addressOf()).toBe(email);
    await page.getByRole('button', { name: 'Restore my address' }).click();
    await page.getByRole('heading', { name: 'Address restored' }).waitFor();
    expect(await addressOf()).toBe(account.email);
    expect(notes.problems).toEqual([]);
  });

  it.each(['verify-email', 'reset-password', 'confirm-email-change', 'undo-email-change'])(
    '%s is written in every language',
    async (path) => {
      const titles = new Set<string>();
      for (const lang of ['en', 'de', 'fr', 'es', 'ar']) {
        const { statusCode, body } = await pages
          .api()
          .send('GET', `/account/${path}?lang=${lang}-XX`);
        expect(statusCode).toBe(200);
        expect(body).toContain(`<html lang="${lang}" dir="${lang === 'ar' ? 'rtl' : 'ltr'}">`);
        expect(body).not.toContain('undefined');
        titles.add(/<title>(.*)<\/title>/.exec(body)?.[1] ?? '');
      }
      expect(titles.size).toBe(5);
    },
  );
});
