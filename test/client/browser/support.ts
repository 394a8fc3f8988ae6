import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type Account, type Api, createApi, patientHashing } from '../../support/api.ts';
import { createTestApp } from '../../support/app.ts';
import { useBrowser } from '../../support/browser.ts';
import { type CertificateText, type Pages, servePages } from './pages.ts';

/** One page of the app. */
export interface Tab {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Runs statements of an async function in the page, where `session` is the session. */
  run<T>(code: string): Promise<T>;
  /** Moves the clock of the session 11 minutes on, so that its access token has expired. */
  expire(): Promise<unknown>;
  status(): Promise<string>;
}

interface Options {
  readonly certificate?: CertificateText;
  /** Environment of the service, by the port of the pages. */
  readonly env: (port: number) => Readonly<Record<string, string>>;
  /** URL of the page that a tab opens, without the query. */
  readonly url: (port: number) => string;
}

/** The service on its embedded database, the page of an app in front of it, and a Chromium. */
export function useApp({ certificate, env, url }: Options) {
  const open = useBrowser();
  let pages: Pages | undefined;
  let api: Api | undefined;
  beforeAll(async () => {
    pages = await servePages(certificate);
    const app = await createTestApp({
      database: 'embedded',
      env: {
        // A busy machine must not look like a thief of tokens.
        ...{ ...patientHashing, SESSIONS_REFRESH_GRACE: '1m' },
        ...{ SESSIONS_COOKIE_ENABLED: 'true', ...env(pages.port) },
      },
    });
    pages.target = Number(new URL((await app.listen()).url).port);
    api = createApi(app);
  }, 60_000);
  afterAll(async () => {
    await pages?.close();
    await api?.app.stop();
  });
  beforeEach(() => {
    if (pages !== undefined) pages.fate = () => 'pass';
  });

  const running = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the app runs only while tests run');
    return part;
  };

  /** Opens the page in another tab of the same browser. */
  async function openTab(context: BrowserContext, query: Record<string, string>): Promise<Tab> {
    const page = await context.newPage();
    await page.goto(`${url(running(pages).port)}?${new URLSearchParams(query)}`);
    await page.waitForFunction('window.session !== undefined');
    const run = <T>(code: string) => page.evaluate<T>(`(async () => { ${code} })()`);
    return {
      ...{ page, context, run },
      expire: () => run('window.ahead += 11 * 60_000'),
      status: () => run('return session.state.status'),
    };
  }

  return {
    pages: () => running(pages),
    api: () => running(api),
    openTab,
    /** A browser profile of its own, with one tab and a registered account. */
    async openBrowser(query: Record<string, string>): Promise<{ tab: Tab; account: Account }> {
      const { context, page } = await open({ ignoreHTTPSErrors: true });
      await page.close();
      return { tab: await openTab(context, query), account: await running(api).register() };
    },
  };
}

export function signIn(tab: Tab, { email, password }: Account): Promise<unknown> {
  return tab.run(`
    const result = await session.signIn(${JSON.stringify({ email, password })});
    if (!result.ok) throw new Error(JSON.stringify(result.problem));
  `);
}

/** Calls the service through the session. @returns the status, or `throws` */
export function callService(tab: Tab, base = '/auth'): Promise<number | string> {
  return tab.run(
    `return session.fetch('${base}/v1/me').then(({ status }) => status, () => 'throws')`,
  );
}
