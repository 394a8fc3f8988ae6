import { describe, expect, it } from 'vitest';
import { useAccountPages } from '../../support/account-pages.ts';
import { createPerson, goodPassword } from '../../support/api.ts';
import { createTestApp } from '../../support/app.ts';
import { linksOf } from '../../support/mail-folder.ts';

describe('the page of an invitation', () => {
  const pages = useAccountPages({ REGISTRATION_MODE: 'invite' });

  /** Invites a person. @returns the address and the link of the mail */
  async function invite(names: { first_name?: string; last_name?: string } = {}) {
    const { key: token } = await pages.api().createService('users:admin');
    const { email } = createPerson();
    const body = { email, ...names };
    const answer = await pages.api().send('POST', '/v1/invitations', { token, body });
    expect(answer.statusCode, answer.body).toBe(201);
    const [link = ''] = linksOf(await pages.folder().waitFor(email, /invit/i));
    return { email, link, token: new URL(link).hash.slice(3) };
  }

  async function isOpen(token: string): Promise<boolean> {
    const looked = await pages.api().send('POST', '/v1/invitations/lookup', { body: { token } });
    return looked.statusCode === 200;
  }

  it('shows a form when it is opened, changes nothing, and registers when its button is pressed', async () => {
    const { email, link, token } = await invite({ first_name: 'Zoë' });
    const { page, notes } = await pages.open();
    await page.goto(link, { waitUntil: 'networkidle' });
    expect(page.url()).toBe(`${pages.origin()}/account/invitation`);
    expect(await isOpen(token)).toBe(true);
    expect(notes.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
    await page.getByRole('button', { name: 'Continue' }).click();
    expect(await page.getByLabel('Email address').inputValue()).toBe(email);
    expect(await page.getByLabel('First name').inputValue()).toBe('Zoë');
    expect(await isOpen(token)).toBe(true);
    await page.getByLabel('Last name').fill('Okafor');
    await page.getByLabel('New password').fill('short');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText('This password is too short. Use at least 8 characters.').waitFor();
    const isFocused = 'document.activeElement.id';
    expect(await page.evaluate(isFocused)).toBe('password');
    expect(await page.getByLabel('Last name').inputValue()).toBe('Okafor');
    await page.getByLabel('New password').fill(goodPassword);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('heading', { name: 'Account created' }).waitFor();
    expect(notes.problems).toEqual([]);
    expect(notes.requests.filter((request) => !request.includes(` ${pages.origin()}/`))).toEqual(
      [],
    );
    expect(notes.requests.join()).not.toContain('uit_');
    const { access_token } = await pages.api().signIn({ email, password: goodPassword });
    const me = await pages.api().send('GET', '/v1/me', { token: access_token });
    expect(me.json()).toMatchObject({
      first_name: 'Zoë',
      last_name: 'Okafor',
      email_verified: true,
    });
  });

  it('works without a script: the person pastes the link of the mail', async () => {
    const { email, link } = await invite();
    const { page, notes } = await pages.open({ javaScriptEnabled: false });
    await page.goto(link);
    await page.getByLabel('Link from the mail').fill(` ${link} `);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('First name').fill('Ada');
    await page.getByLabel('Last name').fill('Li');
    await page.getByLabel('New password').fill(goodPassword);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('heading', { name: 'Account created' }).waitFor();
    expect(notes.problems).toEqual([]);
    await pages.api().signIn({ email, password: goodPassword });
  });

  it('a second link in the same tab counts, and an old one is refused with a way on', async () => {
    const [first, second] = [await invite(), await invite()];
    const { page } = await pages.open();
    await page.goto(first.link);
    await page.goto(second.link);
    await page.getByRole('button', { name: 'Continue' }).click();
    expect(await page.getByLabel('Email address').inputValue()).toBe(second.email);
    await pages.api().sql('delete from invitations');
    await page.goto(first.link);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('This invitation is wrong, has expired').waitFor();
    expect(await page.getByLabel('Link from the mail').isVisible()).toBe(true);
  });

  it('a hundred scanners that GET and HEAD the link leave it good', async () => {
    const { link, token } = await invite();
    const { pathname, search } = new URL(link);
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const method = index % 2 === 0 ? 'GET' : 'HEAD';
        const answer = await pages.api().app.http.inject({ method, url: pathname + search });
        return answer.statusCode;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await isOpen(token)).toBe(true);
  });

  it.each([
    ['de-AT,en;q=0.5', 'de'],
    ['pt-BR, es;q=0.4, fr;q=0.8', 'fr'],
    ['xx', 'en'],
    ['ar;q=0, *', 'en'],
    [',;q=,=', 'en'],
  ])('takes the language of the browser: %s', async (accepted, lang) => {
    const headers = { 'accept-language': accepted };
    const { body } = await pages.api().send('GET', '/account/invitation', { headers });
    expect(body).toContain(`<html lang="${lang}"`);
  });

  it('shows hostile values as text', async () => {
    const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'\`{{x}}`;
    const { token } = await invite({ first_name: hostile.slice(0, 60) });
    const post = (form: Record<string, string>) =>
      pages.api().app.http.inject({
        method: 'POST',
        url: '/account/invitation?lang=%22%3E%3Cscript%3E',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams(form).toString(),
      });
    const answers = [
      await post({ t: token }),
      await post({
        t: token,
        step: 'create',
        first_name: hostile,
        last_name: hostile,
        password: 'x',
      }),
      await post({ t: hostile, c: hostile, link: hostile, step: hostile }),
      await post({ c: hostile, code: hostile }),
      await post({}),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 422, 422, 422, 422]);
    for (const { body, headers } of answers) {
      expect(body).not.toMatch(/<script>|<img|onerror=alert\(1\)>/);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['content-security-policy']).toMatch(/^default-src 'none';/);
    }
    const get = await pages
      .api()
      .send('GET', `/account/invitation?c=${encodeURIComponent(hostile)}`);
    expect([get.statusCode, get.body.includes('<script>')]).toEqual([200, false]);
  });

  it('is not there when the team has a page of its own', async () => {
    const env = { LINKS_INVITATION_URL: 'https://app.example.com/join' };
    const app = await createTestApp({ database: 'embedded', env });
    try {
      const answer = await app.http.inject({ method: 'GET', url: '/account/invitation' });
      expect(answer.statusCode).toBe(404);
    } finally {
      await app.stop();
    }
  });
});
