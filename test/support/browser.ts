import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { launchFirefox } from './firefox.ts';
import { findServerBinary } from './server-binaries.ts';

/** What a page did beside showing itself. */
export interface PageNotes {
  /** Violations of its Content-Security-Policy, errors of scripts, and failed loads of files. */
  readonly problems: string[];
  /** Method and URL of every request. */
  readonly requests: string[];
}

/** In Chromium and in Firefox. */
const ABORTED = /^(net::ERR_ABORTED|NS_BINDING_ABORTED)$/;

function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: findServerBinary('chromium'),
    // Chromium refuses to run its sandbox as root.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
}

/** Which browser runs the tests: Chromium, or Firefox with `TEST_BROWSER=firefox`. */
export const isFirefox = process.env.TEST_BROWSER === 'firefox';

/** One browser for all tests of a suite; each test gets a profile of its own. */
export function useBrowser() {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await (isFirefox ? launchFirefox() : launchChromium());
  }, 60_000);
  afterAll(async () => void (await browser?.close()));

  return async (
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<{ page: Page; context: BrowserContext; notes: PageNotes }> => {
    if (browser === undefined) throw new Error('the browser runs only while tests run');
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const notes: PageNotes = { problems: [], requests: [] };
    page.on('console', (message) => {
      // A refused form is an error of its response, which the console repeats.
      if (message.type() !== 'error' || /the server responded with a status/.test(message.text()))
        return;
      notes.problems.push(message.text());
    });
    page.on('pageerror', (error) => notes.problems.push(String(error)));
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? '';
      // A browser loads the icon last, and gives it up when the page has changed by then.
      if (request.url().includes('favicon') && ABORTED.test(reason)) return;
      notes.problems.push(`failed: ${request.url()}: ${reason}`);
    });
    page.on('request', (request) => notes.requests.push(`${request.method()} ${request.url()}`));
    return { page, context, notes };
  };
}
