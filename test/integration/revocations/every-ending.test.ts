import { describe, expect, test } from 'vitest';
import { type Account, type Api, type Grant, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';
import { createMailbox, readableMails } from '../../support/verification.ts';

interface Entry {
  readonly kind: string;
  readonly id: string | null;
  readonly not_before: number;
  readonly until: number;
}

interface Setting {
  readonly api: Api;
  readonly account: Account;
  /** The session that must have an entry. */
  readonly grant: Grant;
  readonly admin: string;
  readonly box: ReturnType<typeof createMailbox>;
}

const new_password = 'violet rivers hum softly';
const note = { reason: 'Ticket 4711' };

async function expectDone(answer: ReturnType<Api['send']>): Promise<void> {
  const { statusCode, body } = await answer;
  expect(statusCode, body).toBeLessThan(300);
}

const byAdmin = (path: string) => async (setting: Setting) => {
  const { api, account, admin } = setting;
  await expectDone(
    api.send('POST', `/v1/users/${account.id}/${path}`, { token: admin, body: note }),
  );
};
const bySql = (statement: string) => async (setting: Setting) => {
  await setting.api.sql(statement.replace('$id', setting.account.id));
};

/** Every way in which a session ends before its time. */
const ENDINGS: Readonly<Record<string, (setting: Setting) => Promise<void>>> = {
  'sign-out': ({ api, grant }) =>
    expectDone(api.send('DELETE', '/v1/sessions/current', { token: grant.access_token })),
  'end of one session by its user': async ({ api, account, grant }) => {
    const { access_token: token } = await api.signIn(account);
    await expectDone(api.send('DELETE', `/v1/sessions/${grant.session_id}`, { token }));
  },
  'sign-out everywhere': ({ api, grant }) =>
    expectDone(api.send('DELETE', '/v1/sessions', { token: grant.access_token })),
  'revocation by RFC 7009': async ({ api, grant }) => {
    const answer = await api.app.http.inject({
      method: 'POST',
      url: '/v1/oauth/revoke',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: `token=${grant.refresh_token}`,
    });
    expect(answer.statusCode, answer.body).toBe(200);
  },
  'end of one session by an administrator': ({ api, account, grant, admin }) => {
    const path = `/v1/users/${account.id}/sessions/${grant.session_id}`;
    return expectDone(api.send('DELETE', path, { token: admin }));
  },
  'end of all sessions by an administrator': ({ api, account, admin }) =>
    expectDone(api.send('DELETE', `/v1/users/${account.id}/sessions`, { token: admin })),
  'change of the password': async ({ api, account, grant }) => {
    const { access_token: token } = grant;
    const body = { current_password: account.password, new_password };
    await expectDone(api.send('PUT', `/v1/users/${account.id}/password`, { token, body }));
  },
  'reset of the password': async ({ api, account, box }) => {
    await box.request('/v1/password-resets', { email: account.email });
    const { token } = await box.secretsOf(account.email, 'reset_password');
    await expectDone(
      api.send('POST', '/v1/password-resets/confirm', { body: { token, new_password } }),
    );
  },
  'first proof of the address by its owner': async ({ api, account, box }) => {
    await box.request('/v1/email-verifications', { email: account.email });
    const { token } = await box.secretsOf(account.email, 'verify_email');
    await expectDone(api.send('POST', '/v1/email-verifications/confirm', { body: { token } }));
  },
  'undo of a change of address': async ({ api, account, grant, box }) => {
    const { access_token: token } = grant;
    await box.request('/v1/email-verifications', { email: account.email }, token);
    const proof = await box.secretsOf(account.email, 'verify_email');
    const verified = { token: proof.token };
    await expectDone(
      api.send('POST', '/v1/email-verifications/confirm', { token, body: verified }),
    );
    const email = `moved-${account.email}`;
    const change = { email, current_password: account.password };
    await box.request('/v1/me/email-change', change, token);
    const moved = await box.secretsOf(email, 'change_email');
    await expectDone(
      api.send('POST', '/v1/email-changes/confirm', { body: { token: moved.token } }),
    );
    const undo = await box.secretsOf(account.email, 'email_changed_former');
    await expectDone(api.send('POST', '/v1/email-changes/undo', { body: { token: undo.token } }));
  },
  're-authentication': ({ api, account, grant }) =>
    expectDone(
      api.send('POST', '/v1/sessions/current/reauthenticate', {
        token: grant.access_token,
        body: { password: account.password },
      }),
    ),
  'reuse of a refresh token': async ({ api, grant }) => {
    const { refresh_token } = await api.refresh(grant.refresh_token);
    await api.refresh(refresh_token);
    expect((await api.tryRefresh(grant.refresh_token)).statusCode).toBe(401);
  },
  'more sessions than allowed': async ({ api, account }) => {
    for (let count = 0; count < 12; count += 1) await api.signIn(account);
  },
  disabling: byAdmin('disable'),
  'expiry of the password': byAdmin('expire-password'),
  'deletion by the user': async ({ api, account, grant }) =>
    expectDone(
      api.send('POST', `/v1/users/${account.id}/deletion`, {
        token: grant.access_token,
        body: { current_password: account.password },
      }),
    ),
  'deletion by an administrator': ({ api, account, admin }) =>
    expectDone(api.send('DELETE', `/v1/users/${account.id}`, { token: admin })),
  'a status that is set by SQL': bySql(`update users set status = 'disabled' where id = '$id'`),
  'a user who is deleted by SQL': bySql(`delete from users where id = '$id'`),
  'sessions that are deleted by SQL': bySql(`delete from sessions where user_id = '$id'`),
  'a truncated table': bySql('truncate sessions'),
  'the end of all sessions': ({ api, admin }) =>
    expectDone(api.send('POST', '/v1/sessions/revoke-all', { token: admin, body: note })),
};

describe.each(APP_DATABASES)('revocations on %s', (database) => {
  const api = useSharedApi(database, {
    env: {
      ...readableMails,
      SESSIONS_MAX_PER_USER: '12',
      REGISTRATION_VERIFICATION_MAIL: 'false',
    },
  });

  async function read(key: string, query = ''): Promise<readonly Entry[]> {
    const answer = await api().send('GET', `/v1/revocations${query}`, { token: key });
    expect(answer.statusCode, answer.body).toBe(200);
    const lines = answer.body.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line)).filter((record) => 'kind' in record);
  }

  async function end(account: Account, way: string, grant: Grant) {
    const { key } = await api().createService('tokens:introspect', 'users:admin');
    const box = createMailbox(api());
    await ENDINGS[way]?.({ api: api(), account, grant, admin: key, box });
    return key;
  }

  const iatOf = ({ access_token: token }: Grant): number =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).iat;

  const isVoid = ({ kind, id, not_before }: Entry, account: Account, grant: Grant): boolean =>
    kind === 'session'
      ? id === grant.session_id
      : iatOf(grant) <= not_before && (kind === 'all' || id === account.id);

  test.each(Object.keys(ENDINGS))('%s gives an entry', async (way) => {
    const account = await api().register();
    const grant = await api().signIn(account);
    const { key } = await api().createService('tokens:introspect');
    const { headers } = await api().send('GET', '/v1/revocations', { token: key });
    const after = `?${/\?([^>]*)>/.exec(String(headers.link))?.[1]}`;
    expect(await read(key, after)).toEqual([]);
    await end(account, way, grant);
    const entries = await read(key, after);
    expect(entries.some((entry) => isVoid(entry, account, grant))).toBe(true);
    expect((await read(key)).some((entry) => isVoid(entry, account, grant))).toBe(true);
    for (const { not_before, until } of entries) expect(until - not_before).toBe(720);
    expect(await api().statusOf(grant.access_token)).toBe(401);
    expect((await api().tryRefresh(grant.refresh_token)).statusCode).toBe(401);
  });

  test.each([
    'sign-out everywhere',
    'change of the password',
    'disabling',
    'a status that is set by SQL',
    'the end of all sessions',
  ])(
    '%s with many sessions gives one entry, and a sign-in in that second is not void',
    async (way) => {
      const account = await api().register();
      const grant = await api().signIn(account);
      await api().sql(
        `insert into sessions (id, user_id, expires_at, absolute_expires_at, refresh_hash)
       select make_event_id(), $1, now() + interval '1 hour', now() + interval '1 hour', ''::bytea
       from generate_series(1, 300)`,
        [account.id],
      );
      const { key } = await api().createService('tokens:introspect');
      const { headers } = await api().send('GET', '/v1/revocations', { token: key });
      const after = `?${/\?([^>]*)>/.exec(String(headers.link))?.[1]}`;
      const admin = await end(account, way, grant);
      const entries = await read(key, after);
      expect(entries.filter((entry) => isVoid(entry, account, grant))).toHaveLength(1);
      expect(entries.length).toBeLessThan(3);
      if (way === 'disabling' || way === 'a status that is set by SQL') {
        const path = `/v1/users/${account.id}/enable`;
        await expectDone(api().send('POST', path, { token: admin, body: note }));
      }
      const password = way === 'change of the password' ? new_password : account.password;
      const next = await api().signIn({ ...account, password });
      const all = await read(key);
      expect(all.filter((entry) => isVoid(entry, account, next))).toEqual([]);
      const refreshed = await api().refresh(next.refresh_token);
      expect(all.filter((entry) => isVoid(entry, account, refreshed))).toEqual([]);
      expect(await api().statusOf(refreshed.access_token)).toBe(200);
    },
  );

  test('sessions that all end together are deleted afterwards, with their events', async () => {
    const account = await api().register();
    const grant = await api().signIn(account);
    const { key } = await api().createService('users:admin');
    const body = note;
    const answer = await api().send('POST', '/v1/sessions/revoke-all', { token: key, body });
    expect(answer.statusCode, answer.body).toBe(200);
    expect(answer.json().not_before).toBeGreaterThanOrEqual(iatOf(grant));
    // The row is there, and not live.
    expect(await api().statusOf(grant.access_token)).toBe(401);
    const acts = await api().send('GET', '/v1/users/00000000-0000-0000-0000-000000000000/acts', {
      token: key,
    });
    expect(acts.json().acts[0]).toMatchObject({ action: 'revoke_all_sessions', ...note });
    const again = await api().signIn(account);
    expect(iatOf(again)).toBeGreaterThan(answer.json().not_before);
    const { createPostgresSessionRepository } = await import(
      '../../../src/infrastructure/database/postgres/session-repository.ts'
    );
    const sessions = createPostgresSessionRepository(api().app.database as never);
    expect(await sessions.deleteRevoked(1_000, 'request-1')).toBeGreaterThan(0);
    expect(await sessions.deleteRevoked(1_000, 'request-1')).toBe(0);
    const rows = await api().sql('select id from sessions where user_id = $1', [account.id]);
    expect(rows).toEqual([{ id: again.session_id }]);
    const ended = (await api().eventsOf(account.id)).filter(({ type }) => type === 'session.ended');
    expect(ended.map(({ data }) => data)).toEqual([
      { session_id: grant.session_id, reason: 'ended_by_admin' },
    ]);
  });
});
