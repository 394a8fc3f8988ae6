import { describe, expect, test } from 'vitest';
import { useSharedApi } from '../support/api.ts';

const ORIGIN = 'https://app.example';
const getDefault = useSharedApi('embedded', { env: { SERVER_CORS_ORIGINS: ORIGIN } });
const getConfigured = useSharedApi('embedded', {
  env: {
    SERVER_CORS_ORIGINS: ORIGIN,
    SERVER_CORS_ALLOWED_HEADERS: 'x-datadog-trace-id, X-Tenant',
    SERVER_CORS_EXPOSED_HEADERS: 'Server-Timing',
  },
});

/** The header names of a response header, in lower case, as a browser compares them. */
function names(value: unknown): string[] {
  return String(value)
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
}

/** Asks as a browser does before a call with these headers; returns the ones that it may not send. */
async function refusedHeaders(getApi: typeof getDefault, asked: readonly string[]) {
  const answer = await getApi().app.http.inject({
    method: 'OPTIONS',
    url: '/v1/me',
    headers: {
      origin: ORIGIN,
      'access-control-request-method': 'GET',
      'access-control-request-headers': asked.join(','),
    },
  });
  expect([answer.statusCode, answer.headers['access-control-allow-origin']]).toEqual([204, ORIGIN]);
  const allowed = names(answer.headers['access-control-allow-headers']);
  return asked.filter((name) => !allowed.includes(name));
}

const READ_BY_THE_API = [
  'authorization',
  'content-type',
  'if-match',
  'if-none-match',
  'x-request-id',
];
const SENT_BY_TRACERS = ['traceparent', 'tracestate', 'baggage', 'sentry-trace'];

describe('request headers', () => {
  test('of the API and of common tracers are allowed by default, and no others', async () => {
    const asked = [...READ_BY_THE_API, ...SENT_BY_TRACERS, 'x-other'];
    expect(await refusedHeaders(getDefault, asked)).toEqual(['x-other']);
  });

  test('of the configuration replace those of tracers, and those of the API stay', async () => {
    const asked = [...READ_BY_THE_API, 'x-datadog-trace-id', 'x-tenant', 'traceparent'];
    expect(await refusedHeaders(getConfigured, asked)).toEqual(['traceparent']);
  });
});

test('scripts may read the headers of the API and those of the configuration', async () => {
  const exposed = async (getApi: typeof getDefault) => {
    const answer = await getApi().send('GET', '/v1/me', { headers: { origin: ORIGIN } });
    return names(answer.headers['access-control-expose-headers']);
  };
  const ofTheApi = [
    ...['etag', 'idempotent-replayed', 'location', 'original-request-id', 'ratelimit'],
    ...['ratelimit-policy', 'retry-after', 'www-authenticate', 'x-request-id'],
  ];
  expect(await exposed(getDefault)).toEqual(ofTheApi);
  expect(await exposed(getConfigured)).toEqual([...ofTheApi, 'server-timing']);
});

describe('the documentation page', () => {
  test('follows the colours of the system', async () => {
    const script = (await getDefault().send('GET', '/docs/start.js')).body;
    const classes = new Set<string>();
    let listener = () => {};
    const dark = {
      matches: true,
      addEventListener: (_type: string, on: () => void) => (listener = on),
    };
    const root = {
      classList: {
        toggle: (name: string, on: boolean) => (on ? classes.add(name) : classes.delete(name)),
      },
    };
    const queries: string[] = [];
    const window = {
      matchMedia(query: string) {
        queries.push(query);
        return dark;
      },
    };
    new Function('window', 'document', 'SwaggerUIBundle', script)(
      window,
      { documentElement: root },
      () => {},
    );
    expect([queries, [...classes]]).toEqual([['(prefers-color-scheme: dark)'], ['dark-mode']]);
    dark.matches = false;
    listener();
    expect([...classes]).toEqual([]);
    const style = (await getDefault().send('GET', '/docs/swagger-ui.css')).body;
    expect(style).toContain('html.dark-mode .swagger-ui{');
  });

  test('serves the guides that it links to, as text', async () => {
    const page = (await getDefault().send('GET', '/docs')).body;
    const guides = [...page.matchAll(/href="(docs\/[\w-]+\.md)"/g)].map(([, url]) => `/${url}`);
    expect(guides).toContain('/docs/errors.md');
    expect(guides).toContain('/docs/events.md');
    for (const guide of guides) {
      const answer = await getDefault().send('GET', guide);
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([
        200,
        'text/plain; charset=utf-8',
      ]);
      expect(answer.body).toMatch(/^# /);
    }
  });

  test('tells at Authorize where each token comes from', async () => {
    const { components } = (await getDefault().send('GET', '/openapi.json')).json();
    const { accessToken, serviceKey } = components.securitySchemes;
    expect(accessToken.description).toContain('POST /v1/sessions');
    expect(serviceKey.description).toContain('user-service service-accounts create');
  });
});
