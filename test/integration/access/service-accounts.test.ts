import { describe, expect, it } from 'vitest';
import { SCOPES } from '../../../src/domain/access/scope.ts';
import { type Api, codeOf, goodPassword, patientHashing, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Every route that authenticates, with the one scope that allows it; null when no service may call it. */
const routes: readonly [Method, string, (typeof SCOPES)[number] | null, object?][] = [
  ['GET', '/v1/users/{id}', 'users:read'],
  ['GET', '/v1/users?limit=1', 'users:read'],
  ['GET', '/v1/users?email=a@example.com', 'users:read'],
  ['GET', '/v1/users?q=ada', 'users:read'],
  ['POST', '/v1/public-profiles', 'users:read', { ids: ['{id}'] }],
  ['PATCH', '/v1/users/{id}', 'users:write', {}],
  [
    'PUT',
    '/v1/users/{id}',
    'users:write',
    { first_name: 'Ada', last_name: 'Okafor', email: '{email}', phone: null },
  ],
  ['GET', '/v1/users/{id}/sessions', 'users:admin'],
  ['DELETE', '/v1/users/{id}/sessions', 'users:admin'],
  ['DELETE', '/v1/users/{id}', 'users:admin'],
  ['POST', '/v1/tokens/introspect', 'tokens:introspect', { token: 'nonsense' }],
  ['GET', '/v1/me', null],
  ['GET', '/v1/sessions', null],
  ['DELETE', '/v1/sessions', null],
  ['DELETE', '/v1/sessions/current', null],
  ['DELETE', '/v1/sessions/{id}', null],
  ['POST', '/v1/users/{id}/deletion', null, { current_password: goodPassword }],
  [
    'PUT',
    '/v1/users/{id}/password',
    null,
    { current_password: goodPassword, new_password: 'eleven green umbrellas' },
  ],
];

describe.each(APP_DATABASES)('service accounts on %s', (database) => {
  const api = useSharedApi(database, { env: patientHashing });

  it.each(routes)('open %s %s with the scope %s, and with no other', async (...route) => {
    const [method, path, scope, body] = route;
    const others = SCOPES.filter((other) => other !== scope);
    const key = scope === null ? null : (await api().createService(scope)).key;
    const { key: otherKey } = await api().createService(...others);
    const account = await api().register();
    const filled = (text: string): string =>
      text.replaceAll('{id}', account.id).replaceAll('{email}', account.email);
    const call = (token?: string) =>
      api().send(method, filled(path), {
        ...(token === undefined ? {} : { token }),
        ...(body === undefined ? {} : { body: JSON.parse(filled(JSON.stringify(body))) }),
        headers: method === 'PUT' ? { 'if-match': '*' } : {},
      });
    const refused = await call(otherKey);
    expect([refused.statusCode, codeOf(refused)]).toEqual([403, 'forbidden']);
    expect(codeOf(await call())).toBe('unauthenticated');
    expect(await stateOf(api(), account.id)).toEqual(['user.created']);
    if (key !== null) expect([200, 204]).toContain((await call(key)).statusCode);
  });

  it('are created, listed and revoked by the operator only', async () => {
    const { key } = await api().createService(...SCOPES);
    const { access_token } = await api().signIn(await api().register());
    for (const token of [key, access_token]) {
      for (const method of ['GET', 'POST'] as const) {
        const body = method === 'POST' ? { name: 'intruder', scopes: ['users:read'] } : undefined;
        const answer = await api().send(method, '/v1/service-accounts', {
          token,
          ...(body === undefined ? {} : { body }),
        });
        expect([403, 404]).toContain(answer.statusCode);
      }
    }
    expect(await api().sql(`select 1 from service_accounts where name = 'intruder'`)).toEqual([]);
  });

  it('show their key once: the list and later responses do not have it', async () => {
    const { id, key } = await api().createService('users:read');
    expect(key).toMatch(/^usk_[A-Za-z0-9_-]{49}$/);
    const listed = await (await api().app.operator()).inject('/v1/service-accounts');
    expect(listed.json().service_accounts.map((account: { id: string }) => account.id)).toContain(
      id,
    );
    expect(listed.body).not.toContain('usk_');
    expect(listed.body).not.toMatch(/"(?:key|key_hash)":/);
  });

  it('are rejected at once after their revocation, also with a cached key', async () => {
    const { id, key } = await api().createService('users:read');
    const use = async () =>
      (await api().send('GET', '/v1/users?limit=1', { token: key })).statusCode;
    expect(await use()).toBe(200);
    const revoke = async () =>
      (await api().app.operator()).inject({ method: 'DELETE', url: `/v1/service-accounts/${id}` });
    expect((await revoke()).statusCode).toBe(204);
    expect(await use()).toBe(401);
    expect(codeOf(await revoke())).toBe('service_account_not_found');
  });

  it('leave no bearer value and no password in the database, in any encoding', async () => {
    const account = await api().register();
    const first = await api().signIn(account);
    const second = await api().refresh(first.refresh_token);
    const third = await api().refresh(second.refresh_token);
    await api().trySignIn(account.email, 'a wrong password of a user');
    await api().send('PUT', `/v1/users/${account.id}/password`, {
      token: third.access_token,
      body: { current_password: account.password, new_password: 'eleven green umbrellas' },
    });
    const { key } = await api().createService('users:read');
    const texts = [first, second, third]
      .flatMap(({ access_token, refresh_token }) => [access_token, refresh_token])
      .concat(key, account.password, 'a wrong password of a user', 'eleven green umbrellas');
    // The secret parts as bytes: a refresh token's random ones, a service key's, an access token's signature.
    const bytes = [first, second, third]
      .flatMap(({ access_token, refresh_token }) => [
        Buffer.from(refresh_token.slice(4), 'base64url').subarray(16, 48),
        Buffer.from(access_token.split('.')[2] ?? '', 'base64url'),
      ])
      .concat(Buffer.from(key.slice(4, 47), 'base64url'));
    const dump = await dumpOf(api());
    expect(dump).toContain(account.id);
    expect(dump).toContain(first.session_id);
    for (const text of texts) {
      for (const encoding of ['utf8', 'hex', 'base64', 'base64url'] as const) {
        const encoded = Buffer.from(text).toString(encoding).replace(/=+$/, '');
        expect(dump.includes(encoded), `${encoding} of a secret`).toBe(false);
      }
    }
    for (const secret of bytes) {
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        const encoded = secret.toString(encoding).replace(/=+$/, '');
        expect(dump.includes(encoded), `${encoding} of a secret's bytes`).toBe(false);
      }
    }
  });
});

async function stateOf(api: Api, userId: string): Promise<readonly string[]> {
  return (await api.eventsOf(userId)).map(({ type }) => type);
}

/** Every row of every table as text; bytes come in hex. */
async function dumpOf(api: Api): Promise<string> {
  const tables = await api.sql<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public'`,
  );
  const lines: string[] = [];
  for (const { name } of tables) {
    const rows = await api.sql<{ line: string }>(
      `select row_to_json(t)::text as line from ${name} t`,
    );
    lines.push(...rows.map(({ line }) => line));
  }
  return lines.join('\n');
}
