import { describe, expect, it } from 'vitest';
import { codeOf, patientHashing, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

describe.each(APP_DATABASES)('deleting an account on %s', (database) => {
  const api = useSharedApi(database, { env: patientHashing });

  it('frees the address and ends every session at once, and user.deleted is the last event', async () => {
    const account = await api().register();
    const grants = [await api().signIn(account), await api().signIn(account)];
    const [own] = grants;
    for (const { access_token } of grants) expect(await api().statusOf(access_token)).toBe(200);
    const answer = await api().send('POST', `/v1/users/${account.id}/deletion`, {
      token: own?.access_token ?? '',
      body: { current_password: account.password },
    });
    expect([answer.statusCode, answer.body]).toEqual([204, '']);

    for (const { access_token, refresh_token } of grants) {
      expect(await api().statusOf(access_token)).toBe(401);
      expect(codeOf(await api().tryRefresh(refresh_token))).toBe('invalid_grant');
    }
    expect(codeOf(await api().trySignIn(account.email, account.password))).toBe(
      'invalid_credentials',
    );
    const events = (await api().eventsOf(account.id)).slice(-3);
    expect(events).toMatchObject([
      { type: 'session.ended', user_version: 1, data: { reason: 'user_deleted' } },
      { type: 'session.ended', user_version: 1, data: { reason: 'user_deleted' } },
      { type: 'user.deleted', user_version: 2, data: {} },
    ]);
    const again = await api().register({ email: account.email });
    expect(again.id).not.toBe(account.id);
  });

  it.each([
    ['a wrong password', { current_password: 'wrong password' }, 422],
    ['no password from a session that is not fresh', {}, 401],
  ])('is rejected with %s, and nothing changes', async (_what, body, status) => {
    const account = await api().register();
    const grant = await api().signIn(account);
    await api().ageSession(grant.session_id);
    const answer = await api().send('POST', `/v1/users/${account.id}/deletion`, {
      token: grant.access_token,
      body,
    });
    expect(answer.statusCode).toBe(status);
    expect(await api().statusOf(grant.access_token)).toBe(200);
    expect((await api().eventsOf(account.id)).map(({ type }) => type)).not.toContain(
      'user.deleted',
    );
  });

  it('is not possible for another user with any password', async () => {
    const [mine, theirs] = [await api().register(), await api().register()];
    const { access_token: token } = await api().signIn(mine);
    const answer = await api().send('POST', `/v1/users/${theirs.id}/deletion`, {
      token,
      body: { current_password: mine.password },
    });
    expect(codeOf(answer)).toBe('user_not_found');
    await api().signIn(theirs);
  });

  it('is possible once for a service with users:admin, without the password', async () => {
    const account = await api().register();
    const grant = await api().signIn(account);
    const { key: token } = await api().createService('users:admin');
    const remove = () => api().send('DELETE', `/v1/users/${account.id}`, { token });
    expect((await remove()).statusCode).toBe(204);
    expect(codeOf(await remove())).toBe('user_not_found');
    expect(await api().statusOf(grant.access_token)).toBe(401);
    expect((await api().eventsOf(account.id)).at(-1)).toMatchObject({
      type: 'user.deleted',
      user_version: 2,
    });
  });

  it('happens once for 8 concurrent requests, with one event and none after it', async () => {
    const account = await api().register();
    const { access_token } = await api().signIn(account);
    const { key } = await api().createService('users:admin');
    const answers = await Promise.all([
      ...Array.from({ length: 4 }, () =>
        api().send('DELETE', `/v1/users/${account.id}`, { token: key }),
      ),
      ...Array.from({ length: 4 }, (_, number) =>
        api().send('PATCH', `/v1/users/${account.id}`, {
          token: access_token,
          body: { first_name: `Late ${'x'.repeat(number + 1)}` },
        }),
      ),
    ]);
    expect(answers.slice(0, 4).map(codeOf).sort()).toEqual([
      '204',
      'user_not_found',
      'user_not_found',
      'user_not_found',
    ]);
    const events = await api().eventsOf(account.id);
    expect(events.filter(({ type }) => type === 'user.deleted')).toHaveLength(1);
    expect(events.at(-1)?.type).toBe('user.deleted');
  });

  it('makes the user unknown to every caller', async () => {
    const account = await api().register();
    const { key } = await api().createService('users:read', 'users:write', 'users:admin');
    const url = `/v1/users/${account.id}`;
    expect((await api().send('GET', url, { token: key })).statusCode).toBe(200);
    await api().send('DELETE', url, { token: key });
    expect(codeOf(await api().send('GET', url, { token: key }))).toBe('user_not_found');
    expect(codeOf(await api().send('PATCH', url, { token: key, body: {} }))).toBe('user_not_found');
    const ids = [account.id];
    const profiles = await api().send('POST', '/v1/public-profiles', { token: key, body: { ids } });
    expect(profiles.json()).toEqual({ profiles: [], missing: ids });
  });
});
