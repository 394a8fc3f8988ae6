import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fencedBlocks } from '../../support/markdown.ts';
import { bundleModule } from './pages.ts';
import { useApp } from './support.ts';

const page = readFileSync(
  join(import.meta.dirname, '../../../docs/use-it/browser-apps.md'),
  'utf8',
);
const app = useApp({
  env: (port) => ({ SERVER_PUBLIC_URL: `http://localhost:${port}/auth` }),
  url: (port) => `http://localhost:${port}/`,
});

it('the code of the page signs in, reads the profile, and refreshes by hand', async () => {
  const [session, byHand, ...more] = fencedBlocks(page).filter(({ language }) => language === 'js');
  expect(more).toEqual([]);
  app.pages().modules.set('/app.js', await bundleModule(session?.text ?? ''));
  app.pages().modules.set('/by-hand.js', await bundleModule(byHand?.text ?? ''));
  const { tab, account } = await app.openBrowser({ mode: 'cookie' });
  const inApp = <T>(code: string) =>
    tab.run<T>(
      `const app = await import('/app.js'); const other = await import('/by-hand.js'); ${code}`,
    );
  const signIn = (password: string) =>
    inApp(`return app.signIn(...${JSON.stringify([account.email, password])})`);

  expect(await inApp(`return other.refresh('/auth')`)).toBeNull();
  expect(await signIn('not the right one')).toBe('The address or the password is not right.');
  expect(await signIn(account.password)).toBeNull();
  expect(await inApp('return document.body.dataset.session')).toBe('signed_in');
  expect(await inApp('return app.loadProfile()')).toMatchObject({ email: account.email });
  const { accessToken, expiresIn } = await inApp<{ accessToken: string; expiresIn: number }>(
    `return other.refresh('/auth')`,
  );
  expect([await app.api().statusOf(accessToken), expiresIn]).toEqual([200, 600]);
  expect(await inApp('return (await app.session.signOut()).ok')).toBe(true);
  expect(await inApp(`return other.refresh('/auth')`)).toBeNull();
});
