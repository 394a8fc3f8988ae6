import { describe, expect, test } from 'vitest';
import { useSharedApi } from '../support/api.ts';

/** What another program stored: the schema allows it, and this service would not write it. */
const ROWS = [
  { email: 'no-address-at-all', created: 'infinity', password: '$1$salt$md5crypt' },
  { email: 'two@@signs.example', created: '-infinity', password: 'plain text' },
  { email: '@nobody', created: '20000-01-01', password: '' },
  { email: 'someone@localhost', created: '0044-03-15 BC', password: '$argon2id$broken' },
] as const;
const LATEST = '9999-12-31T23:59:59.999Z';
const EARLIEST = '0001-01-01T00:00:00.000Z';

describe.each(['embedded', 'postgres'] as const)('rows of another program on %s', (database) => {
  const getApi = useSharedApi(database, { env: { PASSWORD_HASHING_WAIT: '30s' } });

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
});
