import { describe, expect, it, onTestFinished } from 'vitest';
import { codeOf, createApi, createPerson, patientHashing } from '../../support/api.ts';
import { APP_DATABASES, type AppDatabase, useTestApp } from '../../support/app.ts';
import { createMailFolder, linksOf } from '../../support/mail-folder.ts';

/** A service that sends mail into a folder. */
async function start(database: AppDatabase, env: Readonly<Record<string, string>>) {
  const folder = createMailFolder();
  onTestFinished(() => folder.remove());
  const app = await useTestApp({
    database,
    env: { ...patientHashing, MAIL_PATH: folder.path, ...env },
  });
  await app.listen();
  return { api: createApi(app), folder };
}

describe.each(APP_DATABASES)('invitations on %s', (database) => {
  it('the mail has the only copy of the token, and registers a verified account once', async () => {
    const { api, folder } = await start(database, { REGISTRATION_MODE: 'invite' });
    const { key: token } = await api.createService('users:admin');
    const { email } = createPerson();
    const answer = await api.send('POST', '/v1/invitations', {
      token,
      headers: { 'x-forwarded-host': 'forged.example', host: 'forged.example' },
      body: { email },
    });
    expect(answer.statusCode, answer.body).toBe(201);
    const mail = await folder.waitFor(email, /invit/i);
    const [link = '', ...others] = linksOf(mail);
    expect(others).toEqual([]);
    const url = new URL(link);
    expect(url.origin + url.pathname).toBe('http://service.test/account/invitation');
    const invitation = url.hash.replace('#t=', '');
    expect(invitation).toMatch(/^uit_/);
    for (const table of ['invitations', 'mail_queue', 'outbox']) {
      const rows = await api.sql<{ row: string }>(`select t::text as row from ${table} t`);
      for (const { row } of rows) expect(row).not.toContain(invitation);
    }
    const body = { ...createPerson({ email }), invitation };
    const attempts = await Promise.all(
      [1, 2, 3, 4].map(() => api.send('POST', '/v1/users', { body })),
    );
    expect(attempts.map(codeOf).sort()).toEqual([
      ...['invitation_invalid', 'invitation_invalid', 'invitation_invalid'],
      undefined,
    ]);
    const registered = attempts.find(({ statusCode }) => statusCode === 201)?.json();
    expect(registered).toMatchObject({ email, email_verified: true });
    expect((await api.eventsOf(registered.id)).map(({ type }) => type)).toEqual(['user.created']);
    expect(await api.sql('select id from invitations')).toEqual([]);
  });

  it('the mail, its page and the account have the language of the invitation', async () => {
    const { api, folder } = await start(database, {});
    const { key: token } = await api.createService('users:admin');
    const { email } = createPerson();
    const body = { email, locale: 'de-at' };
    const invited = await api.send('POST', '/v1/invitations', { token, body });
    expect([invited.statusCode, invited.json().locale]).toEqual([201, 'de-AT']);
    const [link = ''] = linksOf(await folder.waitFor(email, /Einladung|eingeladen/i));
    const { pathname, search, hash } = new URL(link);
    const page = await api.send('GET', pathname + search);
    expect(page.body).toContain('<html lang="de"');
    const person = { ...createPerson({ email }), invitation: hash.replace('#t=', '') };
    const registered = await api.send('POST', '/v1/users', { body: person });
    expect(registered.json()).toMatchObject({ email, locale: 'de-AT' });
  });

  it('the link leads to the page of the team where one is set', async () => {
    const page = 'https://app.example.com/join';
    const { api, folder } = await start(database, { LINKS_INVITATION_URL: page });
    const { key: token } = await api.createService('users:admin');
    await api.send('POST', '/v1/invitations', { token, body: { email: 'guest@example.com' } });
    const [link = ''] = linksOf(await folder.waitFor('guest@example.com', /invit/i));
    expect(link).toMatch(/^https:\/\/app\.example\.com\/join#t=uit_/);
  });

  it('a registration that fails leaves the invitation in force', async () => {
    const { api, folder } = await start(database, {});
    const { key: token } = await api.createService('users:admin');
    const { email } = createPerson();
    await api.send('POST', '/v1/invitations', { token, body: { email } });
    const [link = ''] = linksOf(await folder.waitFor(email, /invit/i));
    const invitation = new URL(link).hash.replace('#t=', '');
    await api.register({ email });
    const body = { ...createPerson({ email }), invitation };
    expect(codeOf(await api.send('POST', '/v1/users', { body }))).toBe('email_taken');
    const look = await api.send('POST', '/v1/invitations/lookup', { body: { token: invitation } });
    expect(look.json()).toMatchObject({ email });
  });
});
