import { describe, expect, it } from 'vitest';
import { callService, signIn, type Tab, useApp } from './support.ts';

const REFRESH = '/v1/sessions/refresh';

const app = useApp({
  env: (port) => ({ SERVER_PUBLIC_URL: `http://localhost:${port}/auth` }),
  url: (port) => `http://localhost:${port}/`,
});

describe.each(['cookie', 'storage'] as const)('in %s mode', (mode) => {
  async function openExpired(): Promise<Tab> {
    const { tab, account } = await app.openBrowser({ mode });
    await signIn(tab, account);
    await tab.expire();
    return tab;
  }

  async function expectStillSignedIn(tab: Tab): Promise<void> {
    expect(await tab.status()).toBe('signed_in');
    app.pages().fate = () => 'pass';
    expect([await callService(tab), await tab.run('return seen')]).toEqual([200, ['signed_in']]);
  }

  it('without a network a request fails as fetch does, and the session goes on afterwards', async () => {
    const tab = await openExpired();
    await tab.context.setOffline(true);
    expect(await callService(tab)).toBe('throws');
    await tab.context.setOffline(false);
    await expectStillSignedIn(tab);
  });

  it('a proxy that answers in place of the service signs nobody out', async () => {
    const tab = await openExpired();
    for (const status of [503, 502, 500, 401, 404, 200]) {
      app.pages().fate = (path) => (path === REFRESH ? status : 'pass');
      expect(await callService(tab)).toBe(status === 200 ? 502 : status);
    }
    await expectStillSignedIn(tab);
  });

  it('a service that does not answer costs a bounded wait', async () => {
    const tab = await openExpired();
    app.pages().fate = (path) => (path === REFRESH ? 'stall' : 'pass');
    expect(await callService(tab)).toBe('throws');
    await expectStillSignedIn(tab);
  });

  it('a lost response is asked for again: the session has one successor', async () => {
    const tab = await openExpired();
    let lost = 0;
    app.pages().fate = (path) => (path === REFRESH && ++lost === 1 ? 'lose' : 'pass');
    expect([await callService(tab), lost]).toEqual([200, 2]);
    await tab.expire();
    await expectStillSignedIn(tab);
  });

  it('a clock that jumps costs a refresh', async () => {
    const tab = await openExpired();
    await tab.run('window.ahead += 40 * 86_400_000');
    expect(await callService(tab)).toBe(200);
    await tab.run('window.ahead = -40 * 86_400_000');
    await expectStillSignedIn(tab);
  });

  it('a session that the service has ended is signed out', async () => {
    const { tab, account } = await app.openBrowser({ mode });
    await signIn(tab, account);
    await app.api().sql('delete from sessions where user_id = $1', [account.id]);
    await tab.expire();
    expect([await callService(tab), await tab.status()]).toEqual([401, 'signed_out']);
  });
});

it.each(['cookie', 'storage', 'memory'] as const)(
  'in %s mode, a password change and an authentication go on with the new session',
  async (mode) => {
    const { tab, account } = await app.openBrowser({ mode });
    await signIn(tab, account);
    const { password } = account;
    for (const call of [
      `session.reauthenticate(${JSON.stringify(password)})`,
      `session.changePassword({ new_password: 'seven grey herons wade' })`,
    ]) {
      expect(await tab.run(`return (await ${call}).ok`)).toBe(true);
      await tab.expire();
      expect(await callService(tab)).toBe(200);
    }
    expect(await tab.run('return (await session.user()).data.email')).toBe(account.email);
    expect(await tab.run('return (await session.signOut({ everywhere: true })).ok')).toBe(true);
    expect(await app.api().sql('select 1 from sessions where user_id = $1', [account.id])).toEqual(
      [],
    );
  },
);
