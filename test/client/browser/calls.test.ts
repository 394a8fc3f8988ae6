import { beforeAll, expect, it } from 'vitest';
import { bundleModule } from './pages.ts';
import { signIn, type Tab, useApp } from './support.ts';

/** The entry of all calls in a page, with the token of its session. */
const app = useApp({
  env: (port) => ({ SERVER_PUBLIC_URL: `http://localhost:${port}/auth` }),
  url: (port) => `http://localhost:${port}/`,
});
beforeAll(async () => {
  app.pages().modules.set('/calls.js', await bundleModule(`export * from '@user-service/client'`));
});

/** Runs statements in the page, where `client` makes calls, and `codeOf` awaits one that fails. */
function run<T>(tab: Tab, code: string): Promise<T> {
  return tab.run<T>(`
    const { userService } = await import('/calls.js');
    const token = async () => (await session.accessToken()).data ?? undefined;
    const client = userService({ url: location.origin + '/auth', token, retries: 0 });
    const codeOf = async (call) => (await call).problem?.code;
    ${code}
  `);
}

it('calls of a page read, change, and tell what went wrong', async () => {
  const { tab, account } = await app.openBrowser({ mode: 'cookie' });
  expect(await run(tab, 'return codeOf(client.me.get())')).toBe('unauthenticated');
  await signIn(tab, account);
  const seen = await run(
    tab,
    `const me = (await client.me.get()).data;
    const renamed = await client.users.update(me.id, { last_name: 'Obi' }, { ifVersion: me.version });
    const strangers = Array.from({ length: 600 }, () => crypto.randomUUID());
    const names = await client.profiles.byId([...strangers, me.id]);
    return [me.email, renamed.data.last_name, names.data.size,
      await codeOf(client.users.update(me.id, { last_name: 'Ede' }, { ifVersion: me.version })),
      await codeOf(client.users.get(crypto.randomUUID()))];`,
  );
  expect(seen).toEqual([account.email, 'Obi', 1, 'version_mismatch', 'user_not_found']);
});

it('a call of a page ends by its signal, at its deadline and without a network', async () => {
  const { tab, account } = await app.openBrowser({ mode: 'cookie' });
  await signIn(tab, account);
  app.pages().fate = (path) => (path === '/v1/me' ? 'stall' : 'pass');
  const ends = await run(
    tab,
    `const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    return [
      await codeOf(client.me.get({ signal: abort.signal })),
      await codeOf(client.me.get({ timeoutMs: 100 })),
    ];`,
  );
  expect(ends).toEqual(['aborted', 'deadline_exceeded']);
  app.pages().fate = () => 502;
  expect(await run(tab, 'return codeOf(client.me.get())')).toBe('invalid_response');
  app.pages().fate = () => 'lose';
  expect(await run(tab, 'return codeOf(client.me.get())')).toBe('network_error');
});
