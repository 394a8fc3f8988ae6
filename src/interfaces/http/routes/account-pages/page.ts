import { type Html, html } from './html.ts';
import type { PageLocale, PageTexts } from './page-texts.ts';

/** Own files only. A form goes to this origin only, and no other page can frame this one. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': PAGE_POLICY,
} as const;

export interface PageFrame {
  readonly locale: PageLocale;
  readonly texts: PageTexts;
  readonly productName: string;
}

/** A whole page. Its URLs are relative, so that it works under a path prefix. */
export function page(frame: PageFrame, title: string, content: Html): string {
  const { locale, texts, productName } = frame;
  return html`<!doctype html>
<html lang="${locale}" dir="${texts.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} - ${productName}</title>
<link rel="icon" href="../docs/favicon-32x32.png">
<link rel="stylesheet" href="page.css">
<script src="page.js" defer></script>
</head>
<body>
<main>
<p class="product" dir="auto">${productName}</p>
<h1>${title}</h1>
${content}
</main>
</body>
</html>
`.text;
}

/** A form that posts to the page itself, in the same language. */
export function form(locale: PageLocale, path: string, button: string, fields: Html): Html {
  return html`<form method="post" action="${path}?lang=${locale}" novalidate>
${fields}
<button>${button}</button>
</form>`;
}

/** What a person sees after the act. */
export function donePage(frame: PageFrame, { doneTitle, done }: DoneTexts): string {
  return page(frame, doneTitle, html`<p role="status">${done}</p>`);
}

interface DoneTexts {
  readonly doneTitle: string;
  readonly done: string;
}
