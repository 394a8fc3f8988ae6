import { describe, expect, it } from 'vitest';
import { codeOf, goodPassword, patientHashing, useSharedApi } from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';

describe.each(APP_DATABASES)('sessions on %s', (database) => {
  const api = useSharedApi(database, { env: patientHashing });

  it('lists the sessions of the caller with their clients, and ends any of them', async () => {
    const account = await api().register();
    const [first, second] = [await api().signIn(account), await api().signIn(account)];
    const { token } = { token: second.access_token };
    const listed = await api().send('GET', '/v1/sessions', { token });
    expect(listed.json().sessions).toMatchObject([
      { id: second.session_id, current: true, ip: '127.0.0.1' },
      { id: first.session_id, current: false, ip: '127.0.0.1' },
    ]);
    const end = (id: string) => api().send('DELETE', `/v1/sessions/${id}`, { token });
    expect((await end(first.session_id)).statusCode).toBe(204);
    expect(codeOf(await end(first.session_id))).toBe('session_not_found');
    expect(await api().statusOf(first.access_token)).toBe(401);
    expect(await api().statusOf(second.access_token)).toBe(200);
    expect((await api().send('DELETE', '/v1/sessions', { token })).statusCode).toBe(204);
    expect(await api().statusOf(second.access_token)).toBe(401);
  });

  it('does not let a user see or end the sessions of another user', async () => {
    const [mine, theirs] = [await api().register(), await api().register()];
    const [myGrant, theirGrant] = [await api().signIn(mine), await api().signIn(theirs)];
    const { access_token: token } = myGrant;
    const answer = await api().send('DELETE', `/v1/sessions/${theirGrant.session_id}`, { token });
    expect(codeOf(answer)).toBe('session_not_found');
    const listed = await api().send('GET', '/v1/sessions', { token });
    expect(listed.json().sessions.map(({ id }: { id: string }) => id)).toEqual([
      myGrant.session_id,
    ]);
    expect(await api().statusOf(theirGrant.access_token)).toBe(200);
  });

  it('lets a service with users:admin end a user’s sessions, one or all', async () => {
    const account = await api().register();
    const grants = [
      await api().signIn(account),
      await api().signIn(account),
      await api().signIn(account),
    ];
    const { key: token } = await api().createService('users:admin');
    const path = `/v1/users/${account.id}/sessions`;
    expect((await api().send('GET', path, { token })).json().sessions).toHaveLength(3);
    const one = await api().send('DELETE', `${path}/${grants[0]?.session_id}`, { token });
    expect(one.statusCode).toBe(204);
    expect((await api().send('GET', path, { token })).json().sessions).toHaveLength(2);
    expect((await api().send('DELETE', path, { token })).statusCode).toBe(204);
    for (const grant of grants) expect(await api().statusOf(grant.access_token)).toBe(401);
    const reasons = (await api().eventsOf(account.id))
      .filter((event) => event.type === 'session.ended')
      .map((event) => event.data.reason);
    expect(reasons).toEqual(['ended_by_admin', 'ended_by_admin', 'ended_by_admin']);
  });

  it('leaves no session that was started with the old password, in any order of a race', async () => {
    const account = await api().register();
    let { password } = account;
    let own = await api().signIn(account);
    for (let round = 0; round < 12; round += 1) {
      const next = `${goodPassword} ${round}`;
      const [changed, raced] = await Promise.all([
        api().send('PUT', `/v1/users/${account.id}/password`, {
          token: own.access_token,
          body: { current_password: password, new_password: next },
        }),
        api().trySignIn(account.email, password),
      ]);
      expect(changed.statusCode, changed.body).toBe(200);
      expect([201, 401]).toContain(raced.statusCode);
      if (raced.statusCode === 201) {
        expect(await api().statusOf(raced.json().access_token)).toBe(401);
      }
      const live = await api().sql('select id from sessions where user_id = $1', [account.id]);
      expect(live).toEqual([{ id: changed.json().session_id }]);
      password = next;
      own = await api().signIn({ email: account.email, password });
      await api().sql('delete from sessions where user_id = $1 and id <> $2', [
        account.id,
        own.session_id,
      ]);
    }
  });
});
