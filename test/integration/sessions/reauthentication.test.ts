import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { codeOf, type Grant, patientHashing, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

const next = 'eleven green umbrellas';

describe.each(APP_DATABASES)('authenticating again on %s', (database) => {
  const api = useSharedApi(database, { env: patientHashing });

  async function signedIn() {
    const account = await api().register();
    return { account, grant: await api().signIn(account) };
  }

  const authenticate = (token: string, password: string) =>
    api().send('POST', '/v1/sessions/current/reauthenticate', { token, body: { password } });

  const authTimeOf = ({ access_token }: Grant) => decodeJwt(access_token).auth_time as number;

  it('replaces the session: the old access and refresh tokens no longer work', async () => {
    const { account, grant } = await signedIn();
    await api().ageSession(grant.session_id);
    const answer = await authenticate(grant.access_token, account.password);
    expect(answer.statusCode, answer.body).toBe(200);
    const renewed: Grant = answer.json();
    expect(renewed.session_id).not.toBe(grant.session_id);
    expect(await api().statusOf(grant.access_token)).toBe(401);
    expect(codeOf(await api().tryRefresh(grant.refresh_token))).toBe('invalid_grant');
    expect(await api().statusOf(renewed.access_token)).toBe(200);
    expect((await api().eventsOf(account.id)).slice(-2)).toMatchObject([
      {
        type: 'session.ended',
        data: { session_id: grant.session_id, reason: 'reauthenticated' },
      },
      { type: 'session.started', data: { session_id: renewed.session_id } },
    ]);
  });

  it('a wrong password changes nothing, and counts as a failed authentication', async () => {
    const { account, grant } = await signedIn();
    const answer = await authenticate(grant.access_token, 'not the password');
    expect(answer.json().errors).toMatchObject([
      { pointer: '/password', code: 'current_password_wrong' },
    ]);
    expect(await api().statusOf(grant.access_token)).toBe(200);
    expect((await api().eventsOf(account.id)).at(-1)).toMatchObject({
      type: 'authentication.failed',
      data: { reason: 'wrong_password' },
    });
  });

  it('of 8 parallel calls with one session exactly one gets a new session', async () => {
    const { account, grant } = await signedIn();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => authenticate(grant.access_token, account.password)),
    );
    const statuses = answers.map(({ statusCode }) => statusCode);
    expect(statuses.sort()).toEqual([200, ...Array.from({ length: 7 }, () => 401)]);
    const live = await api().sql('select id from sessions where user_id = $1', [account.id]);
    expect(live).toHaveLength(1);
  });

  it('a refresh never raises the time of the authentication', async () => {
    const { account, grant } = await signedIn();
    await api().ageSession(grant.session_id);
    const first = await api().refresh(grant.refresh_token);
    const repeated = await api().refresh(grant.refresh_token);
    const second = await api().refresh(first.refresh_token);
    const aged = authTimeOf(first);
    expect(aged).toBeLessThan(authTimeOf(grant) - 3_000);
    expect([authTimeOf(repeated), authTimeOf(second)]).toEqual([aged, aged]);
    const change = await api().send('PUT', `/v1/users/${account.id}/password`, {
      token: second.access_token,
      body: { new_password: next },
    });
    expect(codeOf(change)).toBe('step_up_required');
  });

  it.each([
    ['PUT', 'password', { new_password: next }, 200],
    ['POST', 'deletion', {}, 204],
    ['PATCH', '', { email: 'fresh@example.com' }, 200],
  ] as const)(
    '%s %s needs no password within step_up.max_age, and is challenged by RFC 9470 after it',
    async (method, path, body, success) => {
      const { account, grant } = await signedIn();
      const url = `/v1/users/${account.id}${path === '' ? '' : `/${path}`}`;
      await api().ageSession(grant.session_id);
      const refused = await api().send(method, url, { token: grant.access_token, body });
      expect([refused.statusCode, codeOf(refused)]).toEqual([401, 'step_up_required']);
      expect(refused.headers['www-authenticate']).toMatch(
        /^Bearer realm="user-service", error="insufficient_user_authentication", error_description="[^"\\]+", max_age="300"$/,
      );
      const renewed: Grant = (await authenticate(grant.access_token, account.password)).json();
      const answer = await api().send(method, url, { token: renewed.access_token, body });
      expect(answer.statusCode, answer.body).toBe(success);
    },
  );

  it('a session from before the time was kept counts from its start', async () => {
    const { account, grant } = await signedIn();
    await api().sql(
      `update sessions set authenticated_at = null, created_at = now() - interval '1 day' where id = $1`,
      [grant.session_id],
    );
    const { access_token: token, ...refreshed } = await api().refresh(grant.refresh_token);
    expect(authTimeOf({ access_token: token, ...refreshed })).toBeLessThan(
      authTimeOf(grant) - 86_000,
    );
    const answer = await api().send('POST', `/v1/users/${account.id}/deletion`, {
      token,
      body: {},
    });
    expect(codeOf(answer)).toBe('step_up_required');
  });

  it('introspection shows when the user authenticated', async () => {
    const { grant } = await signedIn();
    const { key } = await api().createService('tokens:introspect');
    const answer = await api().send('POST', '/v1/tokens/introspect', {
      token: key,
      body: { token: grant.access_token },
    });
    expect(answer.json()).toMatchObject({ active: true, auth_time: authTimeOf(grant) });
  });
});
