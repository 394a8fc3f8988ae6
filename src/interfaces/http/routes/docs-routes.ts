import { readFile } from 'node:fs/promises';
import Type from 'typebox';
import { publicPath } from '../public-path.ts';
import { type Route, route } from '../route.ts';
import { DOCS_FILES, locateDocsFile } from './docs-files.ts';
import { DOCS_PAGE, DOCS_SCRIPT, DOCS_STYLE, GUIDES } from './docs-page.ts';

const tag = 'Documentation';
/** Assets change only with the installed version. */
const ASSET_CACHE_CONTROL = 'public, max-age=3600';
/** Only own files, no inline code. `data:` is for the icons of the style sheet. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const MEDIA_TYPES = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  png: 'image/png',
  // Browsers show plain text, and download what they do not know.
  md: 'text/plain; charset=utf-8',
} as const;

/**
 * The routes of the documentation. The document and the assets are read from the installed package at the first request,
 * so that neither slows down the start.
 * @param readDocument returns the document as JSON
 */
export function createDocsRoutes(readDocument: () => Promise<string>): readonly Route[] {
  const readOnce = once(readDocument);
  const documentRoute = route({
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    tag,
    summary: 'Get this document',
    access: 'public',
    responses: {
      200: {
        description: 'The OpenAPI document.',
        schema: Type.Object({}),
        mediaType: 'application/json',
      },
    },
    problems: [],
    handle: async () => ({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: await readOnce(),
    }),
  });
  return [
    documentRoute,
    pageRoute,
    redirectToPage('/', 'redirectRoot'),
    redirectToPage('/docs/', 'redirectDocs'),
    ...DOCS_FILES.map((file) => assetRoute(file, () => readFile(locateDocsFile(file)))),
    assetRoute('start.js', async () => DOCS_SCRIPT),
    assetRoute('page.css', async () => DOCS_STYLE),
    ...GUIDES.map(({ name, path }) =>
      assetRoute(`${name}.md`, () => readFile(new URL(`../../../../${path}`, import.meta.url))),
    ),
  ];
}

const pageRoute = route({
  method: 'GET',
  path: '/docs',
  operationId: 'getDocs',
  tag,
  summary: 'Open the interactive documentation',
  access: 'public',
  responses: {
    200: { description: 'An HTML page.', schema: Type.String(), mediaType: 'text/html' },
  },
  problems: [],
  handle: async () => ({
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': PAGE_POLICY },
    body: DOCS_PAGE,
  }),
});

/** Leads a browser to the page: from the address of the service, and from the page's with a slash. */
function redirectToPage(path: string, operationId: string): Route {
  return route({
    method: 'GET',
    path,
    operationId,
    tag,
    summary: 'Go to the documentation page',
    undocumented: true,
    access: 'public',
    responses: { 302: { description: 'The page is at `Location`.' } },
    problems: [],
    handle: async (_request, { settings }) => ({
      status: 302,
      headers: { location: `${publicPath(settings.publicUrl)}/docs` },
    }),
  });
}

function assetRoute(
  file: `${string}.${keyof typeof MEDIA_TYPES}`,
  load: () => Promise<string | Buffer>,
): Route {
  const loadOnce = once(load);
  const [name, extension] = file.split('.') as [string, keyof typeof MEDIA_TYPES];
  return route({
    method: 'GET',
    path: `/docs/${file}`,
    operationId: `getDocsAsset-${name}`,
    tag,
    summary: 'Part of the documentation page',
    undocumented: true,
    access: 'public',
    responses: { 200: { description: 'The file.' } },
    problems: [],
    handle: async () => ({
      status: 200,
      headers: { 'content-type': MEDIA_TYPES[extension], 'cache-control': ASSET_CACHE_CONTROL },
      body: await loadOnce(),
    }),
  });
}

/** Keeps the first result. A failure, such as too many open files, is not kept: the next call loads again. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
}
