import { describe, expect, test } from 'vitest';
import { codeOf, goodPassword, patientHashing, useSharedApi } from '../support/api.ts';

/** What another program stored: the schema allows it, and this service would not write it. */
const ROWS = [
  { email: 'no-address-at-all', created: 'infinity', password: '$1$salt$md5crypt' },
  { email: 'two@@signs.example', created: '-infinity', password: 'plain text' },
  { email: '@nobody', created: '20000-01-01', password: '' },
  { email: 'someone@localhost', created: '0044-03-15 BC', password: '$argon2id$broken' },
] as const;
/** Columns that an adopted table may leave null, and whether a user whose value is missing can sign in. */
const NULLABLE = {
  first_name: 201,
  last_name: 201,
  email: 401,
  password: 401,
  password_form: 201,
  email_verified: 201,
  status: 401,
  version: 201,
  created_at: 201,
  updated_at: 201,
} as const;
const MAX_VERSION = 2_147_483_647;
const LATEST = '9999-12-31T23:59:59.999Z';
const EARLIEST = '0001-01-01T00:00:00.000Z';

describe.each(['embedded', 'postgres'] as const)('rows of another program on %s', (database) => {
  const getApi = useSharedApi(database, { env: patientHashing });

  test('fail no page, search, batch, sign-in, change or event', async () => {
    const api = getApi();
    const ids: string[] = [];
    for (const { email, created, password } of ROWS) {
      const [row] = await api.sql<{ id: string }>(
        `insert into users (id, first_name, last_name, email, phone, password, created_at, updated_at)
         values (gen_random_uuid(), '', 'Adopted' || chr(7), $1, 'call me', $2, $3::timestamptz, $3::timestamptz)
         returning id`,
        [email, password, created],
      );
      ids.push(row?.id ?? '');
    }
    const { key } = await api.createService('users:read', 'users:admin');
    const times = [LATEST, EARLIEST, LATEST, EARLIEST];
    for (const path of ['/v1/users?limit=200', '/v1/users?q=adopted']) {
      const page = await api.send('GET', path, { token: key });
      expect(page.statusCode, page.body).toBe(200);
      const shown = new Map<string, { created_at: string; email: string }>(
        page.json().users.map((user: { id: string }) => [user.id, user]),
      );
      expect(ids.map((id) => shown.get(id)?.created_at)).toEqual(times);
      expect(ids.map((id) => shown.get(id)?.email)).toEqual(ROWS.map(({ email }) => email));
    }
    const profiles = await api.send('POST', '/v1/public-profiles', { token: key, body: { ids } });
    expect(profiles.statusCode, profiles.body).toBe(200);
    expect(profiles.json().profiles).toHaveLength(ROWS.length);
    for (const [index, id] of ids.entries()) {
      const url = `/v1/users/${id}`;
      const one = await api.send('GET', url, { token: key });
      expect(one.statusCode, one.body).toBe(200);
      const body = { email: ROWS[index]?.email, password: 'plain text' };
      const signIn = await api.send('POST', '/v1/sessions', { body });
      expect([401, 422], signIn.body).toContain(signIn.statusCode);
      expect((await api.send('DELETE', url, { token: key })).statusCode).toBe(204);
      expect((await api.eventsOf(id)).at(-1)?.type).toBe('user.deleted');
    }
  });

  test('lack a value without a failed page, search, batch, sign-in or change', async () => {
    const api = getApi();
    const columns = Object.keys(NULLABLE) as (keyof typeof NULLABLE)[];
    const sound = await api.register();
    const accounts = [];
    for (const column of columns) {
      const account = await api.register();
      await api.sql(`alter table users alter ${column} drop not null`);
      await api.sql(`update users set ${column} = null where id = $1`, [account.id]);
      accounts.push({ ...account, column });
    }
    const { key } = await api.createService('users:read', 'users:write', 'users:admin');
    const ids = [sound, ...accounts].map(({ id }) => id);
    // The second batch is read from the cache, where there is one.
    for (const _ of [1, 2]) {
      const batch = await api.send('POST', '/v1/public-profiles', { token: key, body: { ids } });
      expect(batch.statusCode, batch.body).toBe(200);
      const shown = batch.json().profiles.map((profile: { id: string }) => profile.id);
      expect(new Set(shown)).toEqual(new Set(ids));
    }
    const page = await api.send('GET', '/v1/users?limit=200', { token: key });
    expect(page.statusCode, page.body).toBe(200);
    expect(page.json().users.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining(ids),
    );
    const found = await api.send('GET', '/v1/users?q=okafor', { token: key });
    expect(found.statusCode, found.body).toBe(200);
    const lacking = accounts.find(({ column }) => column === 'first_name')?.id;
    expect(found.json().users.map(({ id }: { id: string }) => id)).toContain(lacking);
    for (const { id, email, column } of accounts) {
      const url = `/v1/users/${id}`;
      for (const _ of [1, 2]) {
        expect([column, (await api.send('GET', url, { token: key })).statusCode]).toEqual([
          column,
          200,
        ]);
      }
      expect([column, (await api.trySignIn(email, goodPassword)).statusCode]).toEqual([
        column,
        NULLABLE[column],
      ]);
      const change = { token: key, body: { phone: '+33142685300' } };
      const changed = await api.send('PATCH', url, change);
      expect([column, changed.statusCode], changed.body).toEqual([column, 200]);
      expect(changed.json().version).toBe(column === 'version' ? 1 : 2);
      expect((await api.send('DELETE', url, { token: key })).statusCode).toBe(204);
    }
  });

  test('at the largest version refuse each change, and change nothing', async () => {
    const api = getApi();
    const account = await api.register();
    const { access_token: token } = await api.signIn(account);
    const { key } = await api.createService('users:write', 'users:admin');
    await api.sql('update users set version = $2 where id = $1', [account.id, MAX_VERSION]);
    const url = `/v1/users/${account.id}`;
    const profile = { first_name: 'Ada', last_name: 'L', email: account.email, phone: null };
    const password = { current_password: account.password };
    const newPassword = { ...password, new_password: 'loud badger hums at dusk' };
    const answers = [
      await api.send('PATCH', url, { token: key, body: { last_name: 'Lovelace' } }),
      await api.send('PATCH', url, { token: key, body: { email: 'elsewhere@example.com' } }),
      await api.send('PUT', url, { token: key, headers: { 'if-match': '*' }, body: profile }),
      await api.send('PUT', `${url}/password`, { token, body: newPassword }),
      await api.send('POST', `${url}/deletion`, { token, body: password }),
      await api.send('DELETE', url, { token: key }),
    ];
    expect(answers.map((answer) => [answer.statusCode, codeOf(answer)])).toEqual(
      answers.map(() => [409, 'version_exhausted']),
    );
    const rows = await api.sql('select version, last_name from users where id = $1', [account.id]);
    expect(rows).toEqual([{ version: MAX_VERSION, last_name: 'Okafor' }]);
    expect(await api.statusOf(token)).toBe(200);
    const same = await api.send('PATCH', url, { token: key, body: { last_name: 'Okafor' } });
    expect(same.statusCode, same.body).toBe(200);
    await api.sql('update users set version = $2 where id = $1', [account.id, MAX_VERSION - 1]);
    const last = await api.send('PATCH', url, { token: key, body: { last_name: 'Lovelace' } });
    expect(last.json().version).toBe(MAX_VERSION);
    expect((await api.eventsOf(account.id)).at(-1)?.user_version).toBe(MAX_VERSION);
  });
});
