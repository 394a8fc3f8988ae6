import { describe, expect, it } from 'vitest';
import { isFirefox } from '../../support/browser.ts';
import { callService, signIn, type Tab, useApp } from './support.ts';

const REFRESH = '/v1/sessions/refresh';
const MODES = ['cookie', 'storage'] as const;

/** The app and the service have one origin, as behind a reverse proxy. */
const app = useApp({
  env: (port) => ({ SERVER_PUBLIC_URL: `http://localhost:${port}/auth` }),
  url: (port) => `http://localhost:${port}/`,
});

describe.each(MODES)('in %s mode', (mode) => {
  async function openTabs(options: Record<string, string> = {}): Promise<readonly [Tab, Tab]> {
    const query = { mode, ...options };
    const { tab, account } = await app.openBrowser(query);
    await signIn(tab, account);
    return [tab, await app.openTab(tab.context, query)];
  }

  async function expectSignedIn(...tabs: readonly Tab[]): Promise<void> {
    for (const tab of tabs) {
      await tab.expire();
      expect([await callService(tab), await tab.status()]).toEqual([200, 'signed_in']);
    }
  }

  it.each(['some', 'none'])(
    'two tabs that refresh at once with locks: %s are both served, and both go on',
    async (locks) => {
      const [one, two] = await openTabs({ locks });
      expect(await one.run('return navigator.locks === undefined')).toBe(locks === 'none');
      for (let round = 0; round < 5; round += 1) {
        await Promise.all([one.expire(), two.expire()]);
        const before = app.pages().count(REFRESH);
        const statuses = await Promise.all([callService(one), callService(two)]);
        expect(statuses).toEqual([200, 200]);
        expect([1, 2]).toContain(app.pages().count(REFRESH) - before);
      }
      await expectSignedIn(one, two);
    },
  );

  it('five requests of a tab at once are one refresh', async () => {
    const [tab] = await openTabs();
    await tab.expire();
    const before = app.pages().count(REFRESH);
    const statuses = await Promise.all(Array.from({ length: 5 }, () => callService(tab)));
    expect([statuses, app.pages().count(REFRESH) - before]).toEqual([[...statuses].fill(200), 1]);
  });

  it('a reload keeps the session', async () => {
    const [tab] = await openTabs();
    await tab.page.reload();
    await tab.page.waitForFunction('window.session !== undefined');
    expect([await tab.status(), await callService(tab)]).toEqual(['signed_in', 200]);
  });

  it('a sign-in and a sign-out in one tab are those of the other', async () => {
    const { tab, account } = await app.openBrowser({ mode });
    const other = await app.openTab(tab.context, { mode });
    await signIn(tab, account);
    await other.page.waitForFunction('session.state.status === "signed_in"');
    const before = app.pages().count(REFRESH);
    expect(await callService(other)).toBe(200);
    // The other tab was given the access token.
    expect(app.pages().count(REFRESH) - before).toBe(0);
    const token = await other.run<string>('return (await session.accessToken()).data');
    expect(await tab.run('return (await session.signOut()).ok')).toBe(true);
    await other.page.waitForFunction('session.state.status === "signed_out"');
    expect(await other.run('return seen')).toEqual(['signed_in', 'signed_out']);
    expect(await callService(other)).toBe(401);
    expect(await app.api().statusOf(token)).toBe(401);
  });

  // Only the debugger of Chromium stops all scripts of a page.
  it.skipIf(isFirefox)(
    'a tab that falls asleep with the lock keeps no other tab waiting, and goes on when it wakes',
    async () => {
      const [asleep, other] = await openTabs();
      await Promise.all([asleep.expire(), other.expire()]);
      app.pages().fate = (path) => (path === REFRESH ? 'hold' : 'pass');
      await asleep.run(`window.call = session.fetch('/auth/v1/me').then(({ status }) => status)`);
      await app.pages().held();
      // No script of the page runs meanwhile, timers included, and its lock stays taken.
      const devtools = await asleep.context.newCDPSession(asleep.page);
      await devtools.send('Debugger.enable');
      await devtools.send('Debugger.pause');
      app.pages().fate = () => 'pass';
      expect(await callService(other)).toBe(200);
      const locks = await other.run<number>('return (await navigator.locks.query()).held.length');
      expect(locks).toBe(1);
      // By now the refresh token that the sleeping tab has sent is two generations old.
      await other.expire();
      expect(await callService(other)).toBe(200);
      await devtools.send('Debugger.resume');
      // The response of its first attempt never comes, and the second one must not send that token again.
      expect(await asleep.run('return window.call')).toBe(200);
      app.pages().release();
      await expectSignedIn(asleep, other);
    },
  );

  it('a tab that is closed while it refreshes leaves the lock and the session to the others', async () => {
    const [closed, other] = await openTabs();
    await Promise.all([closed.expire(), other.expire()]);
    app.pages().fate = (path) => (path === REFRESH ? 'hold' : 'pass');
    await closed.run(`window.call = session.fetch('/auth/v1/me')`);
    await app.pages().held();
    const call = callService(other);
    app.pages().fate = () => 'pass';
    await closed.page.close();
    expect(await call).toBe(200);
    app.pages().release();
    await expectSignedIn(other);
  });

  it('a lock that is never given back keeps no tab from its work', async () => {
    const [one, two] = await openTabs();
    await one.run(`
      const key = 'user-service ' + new URL('/auth', location.href);
      await new Promise((taken) => void navigator.locks.request(key, () => {
        taken();
        return new Promise(() => {});
      }));
    `);
    await expectSignedIn(two);
  });
});

it('in memory mode a session is that of its tab, and ends with a reload', async () => {
  const { tab, account } = await app.openBrowser({ mode: 'memory' });
  const other = await app.openTab(tab.context, { mode: 'memory' });
  await signIn(tab, account);
  await tab.expire();
  expect([await callService(tab), await other.status()]).toEqual([200, 'signed_out']);
  expect(await tab.run('return localStorage.length')).toBe(0);
  await tab.page.reload();
  await tab.page.waitForFunction('window.session !== undefined');
  expect(await tab.status()).toBe('signed_out');
});
