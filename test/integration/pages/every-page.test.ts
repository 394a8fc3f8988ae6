import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openMailPreviews } from '../../../src/app/mail-preview.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { runMailPreview } from '../../../src/interfaces/cli/mail-preview.ts';
import { ACCOUNT_PAGES } from '../../../src/interfaces/http/routes/account-pages/account-page.ts';
import {
  measurePage,
  PAGE_LOCALES,
  type PageMeasures,
  useAccountPages,
} from '../../support/account-pages.ts';
import { useBrowser } from '../../support/browser.ts';
import { ALL_MAIL_KINDS } from '../../support/mail-bodies.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';

const paths = Object.values(ACCOUNT_PAGES);
const everyPage = paths.flatMap((path) => PAGE_LOCALES.map((locale) => ({ path, locale })));
const everyMail = ALL_MAIL_KINDS.flatMap((kind) =>
  PAGE_LOCALES.map((locale) => ({ kind, locale })),
);

/** A token of the right form that opens nothing. */
const token = `uct_${'A'.repeat(86)}`;
const script = `"'><script>window.pwned=1</script><img src=x onerror="window.pwned=1">`;
const hostile = encodeURIComponent(script);

function expectReadable(measures: readonly PageMeasures[], locale: string): void {
  expect(measures).toHaveLength(4);
  for (const { texts, ...measured } of measures) {
    const direction = locale === 'ar' ? 'rtl' : 'ltr';
    expect(measured).toEqual({ direction, overflow: 0, faint: [] });
    expect(texts).toBeGreaterThan(2);
  }
}

describe('every built-in page', () => {
  const pages = useAccountPages();
  const violations = (page: { evaluate<T>(code: string): Promise<T> }) =>
    page.evaluate<readonly string[]>('window.violations ?? []');

  it.each(everyPage)(
    '$path in $locale reads well at 320 and 700 pixels, light and dark, before and after a refusal',
    async ({ path, locale }) => {
      const { page, context, notes } = await pages.open();
      await context.addInitScript(
        `window.violations = []; document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective))`,
      );
      await page.goto(`${pages.origin()}/account/${path}?lang=${locale}#t=${token}`);
      expect(await page.evaluate('document.documentElement.lang')).toBe(locale);
      expectReadable(await measurePage(page), locale);
      expect(await violations(page)).toEqual([]);
      await page.locator('button').first().click();
      if (path === 'reset-password') {
        const password = page.locator('input[type=password]').first();
        await password.fill('violet rivers hum softly');
        await page.locator('button').first().click();
      }
      await page.locator('[role=alert]').waitFor();
      expectReadable(await measurePage(page), locale);
      expect(await violations(page)).toEqual([]);
      expect(notes.problems).toEqual([]);
      expect(notes.requests.filter((one) => !one.includes(` ${pages.origin()}/`))).toEqual([]);
    },
  );

  it.each(paths)('%s shows no part of its address as markup', async (path) => {
    const { page, notes } = await pages.open();
    const at = `${pages.origin()}/account/${path}`;
    for (const url of [
      `${at}?lang=${hostile}&c=${hostile}&t=${hostile}&x=${hostile}#t=${hostile}`,
      `${at}?c=${hostile}#${script}`,
      `${at}#t=${token}${script}`,
    ]) {
      await page.goto('about:blank');
      await page.goto(url, { waitUntil: 'networkidle' });
      expect(await page.evaluate('[window.pwned, document.querySelector("img")]')).toEqual([
        undefined,
        null,
      ]);
    }
    expect(notes.problems).toEqual([]);
    for (const [url, host] of [
      [`/account/${path}/${hostile}`, 'service.test'],
      [`/account/${path}`, script],
    ] as const) {
      const answer = await pages.api().app.http.inject({ method: 'GET', url, headers: { host } });
      expect(answer.statusCode).toBeLessThan(500);
      expect(answer.body).not.toMatch(/<script>|<img/);
    }
  });
});

describe('every mail', () => {
  const open = useBrowser();

  it.each(everyMail)(
    '$kind in $locale reads well at 320 and 700 pixels, light and dark',
    async ({ kind, locale }) => {
      const directory = createTemporaryDirectory('preview');
      onTestFinished(() => directory.remove());
      const ignore = () => {};
      await runMailPreview(
        kind,
        { locale, out: 'out' },
        {
          io: { stdout: ignore, stderr: ignore },
          cwd: directory.path,
          openMailPreviews: async () => {
            const { config } = await loadConfig({ env: {}, cwd: directory.path });
            return openMailPreviews(config.mail);
          },
        },
      );
      const { page, notes } = await open();
      await page.goto(`file://${join(directory.path, 'out', `${kind}.${locale}.html`)}`);
      expectReadable(await measurePage(page), locale);
      expect(notes.problems).toEqual([]);
      expect(notes.requests).toHaveLength(1);
    },
  );
});
