import type { Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { type Api, createApi, patientHashing } from './api.ts';
import { createTestApp } from './app.ts';
import { useBrowser } from './browser.ts';
import { findFreePort } from './free-port.ts';
import { createMailFolder, type MailFolder } from './mail-folder.ts';

export const PAGE_LOCALES = ['en', 'de', 'fr', 'es', 'ar'] as const;

/** A listening service with its built-in pages, its mails in a folder, and a Chromium. */
export function useAccountPages(env: Readonly<Record<string, string>> = {}) {
  const open = useBrowser();
  let api: Api | undefined;
  let folder: MailFolder | undefined;
  let origin = '';
  beforeAll(async () => {
    folder = createMailFolder();
    const port = await findFreePort();
    origin = `http://127.0.0.1:${port}`;
    const app = await createTestApp({
      database: 'embedded',
      env: {
        ...{ ...patientHashing, MAIL_PATH: folder.path, LIMITS_ENABLED: 'false' },
        ...{ SERVER_PORT: String(port), SERVER_PUBLIC_URL: origin, ...env },
      },
    });
    await app.listen();
    api = createApi(app);
  }, 60_000);
  afterAll(async () => {
    await api?.app.stop();
    await folder?.remove();
  });
  const running = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the service runs only while tests run');
    return part;
  };
  return {
    open,
    api: () => running(api),
    folder: () => running(folder),
    origin: () => origin,
  };
}

/** What a reader sees of a page at one width and in one colour scheme. */
export interface PageMeasures {
  readonly direction: string;
  /** Pixels by which the content is wider than the window. */
  readonly overflow: number;
  /** Texts whose contrast with their background is below 4.5 (WCAG 2.2, 1.4.3), with the contrast. */
  readonly faint: readonly string[];
  /** Pieces of text that were measured. */
  readonly texts: number;
}

/** Measures in the page, on computed styles. Placeholders and disabled controls have no text of their own here. */
const MEASURE = `(() => {
  const channels = (color) => {
    const [r = 0, g = 0, b = 0, a = 1] = (color.match(/[\\d.]+/g) ?? []).map(Number);
    return [r, g, b, a];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const canvas = dark && getComputedStyle(document.documentElement).colorScheme.includes('dark') ? [18, 18, 18] : [255, 255, 255];
  const backgroundOf = (element) => {
    const layers = [];
    for (let at = element; at !== null; at = at.parentElement) layers.push(channels(getComputedStyle(at).backgroundColor));
    return layers.reduceRight((under, layer) => over(layer, under), canvas);
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (text === '' || element.getClientRects().length === 0) continue;
    texts += 1;
    const background = backgroundOf(element);
    const ink = over(channels(getComputedStyle(element).color), background);
    const [light, dim] = [luminance(ink), luminance(background)].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dim + 0.05);
    if (contrast < 4.5) faint.push(contrast.toFixed(2) + ': ' + text.slice(0, 40));
  }
  return {
    direction: getComputedStyle(document.body).direction,
    overflow: Math.max(0, document.documentElement.scrollWidth - innerWidth),
    faint,
    texts,
  };
})()`;

/** Measures the open page in light and dark, at 320 and 700 pixels. */
export async function measurePage(page: Page): Promise<readonly PageMeasures[]> {
  const measures: PageMeasures[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [320, 700]) {
      await page.setViewportSize({ width, height: 800 });
      measures.push(await page.evaluate<PageMeasures>(MEASURE));
    }
  }
  return measures;
}
