import { afterAll, expect, it } from 'vitest';
import { createCertificates } from '../../support/certificates.ts';
import { callService, signIn, useApp } from './support.ts';

/** The service and the app are hosts of one site, over TLS. `evil.localhost` is another site. */
const certificates = await createCertificates();
afterAll(() => certificates.remove());
const idOf = (port: number) => `https://id.site.localhost:${port}`;
const app = useApp({
  certificate: { cert: certificates.server.certificate, key: certificates.server.privateKey },
  env: (port) => ({
    SERVER_PUBLIC_URL: idOf(port),
    SERVER_CORS_ORIGINS: `https://app.site.localhost:${port},https://evil.localhost:${port}`,
  }),
  url: (port) => `https://app.site.localhost:${port}/`,
});

async function open() {
  const url = idOf(app.pages().port);
  const { tab, account } = await app.openBrowser({ mode: 'cookie', url });
  await signIn(tab, account);
  return { tab, url, account };
}

it('the app keeps its session over a reload, and none of its scripts can read the refresh token', async () => {
  const { tab, url } = await open();
  await tab.expire();
  // What a script sees that wraps `fetch`. The debugger of Chromium does not keep bodies.
  await tab.run(`
    const send = window.fetch;
    window.bodies = [];
    window.fetch = async (...request) => {
      const response = await send(...request);
      bodies.push([new URL(response.url).pathname, await response.clone().json()]);
      return response;
    };
  `);
  expect(await callService(tab, url)).toBe(200);
  const bodies = await tab.run<[string, object][]>('return bodies');
  expect(bodies.map(([path, body]) => [path, Object.keys(body)])).toEqual([
    ['/v1/sessions/refresh', expect.not.arrayContaining(['refresh_token'])],
    ['/v1/me', expect.not.arrayContaining(['refresh_token'])],
  ]);
  const [cookie, ...others] = await tab.context.cookies(url);
  expect([cookie, others]).toMatchObject([
    {
      name: '__Host-user-service-session',
      value: expect.stringMatching(/^urt_/),
      ...{ domain: 'id.site.localhost', path: '/' },
      ...{ httpOnly: true, secure: true, sameSite: 'Strict' },
    },
    [],
  ]);
  const readable = await tab.run<string>(`return JSON.stringify([
    document.cookie, { ...localStorage }, { ...sessionStorage },
    await session.fetch('${url}/v1/sessions').then((response) => response.text()),
  ])`);
  expect(readable).not.toContain('urt_');
  await tab.page.reload();
  await tab.page.waitForFunction('window.session !== undefined');
  expect([await tab.status(), await callService(tab, url)]).toEqual(['signed_in', 200]);
});

it('another site can neither refresh nor end the session, also if CORS allows its origin', async () => {
  const { tab, url } = await open();
  const [before] = await tab.context.cookies(url);
  const evil = await tab.context.newPage();
  await evil.goto(`https://evil.localhost:${app.pages().port}/`);
  const attempts = await evil.evaluate(`(async () => {
    const send = (method, path, options) =>
      fetch('${url}' + path, { method, credentials: 'include', ...options })
        .then(async (response) => [response.status, (await response.json()).code], () => 'refused');
    const json = { 'content-type': 'application/json' };
    const mode = { ...json, 'x-user-service-session': 'cookie' };
    return [
      await send('POST', '/v1/sessions/refresh', { headers: mode, body: '{}' }),
      await send('DELETE', '/v1/sessions/current', { headers: mode }),
      await send('POST', '/v1/sessions/refresh', { headers: json, body: '{}' }),
    ];
  })()`);
  expect(attempts).toEqual([
    ...[
      [403, 'session_cookie_refused'],
      [403, 'session_cookie_refused'],
    ],
    [422, 'validation_failed'],
  ]);
  const answered = evil.waitForResponse((response) => response.url().startsWith(url));
  await evil.setContent(`<form method="post" action="${url}/v1/sessions/refresh"
    enctype="text/plain"><input name='{"a":"' value='"}'></form>`);
  await evil.evaluate('document.forms[0].submit()');
  expect([400, 415, 422]).toContain((await answered).status());
  expect((await tab.context.cookies(url))[0]?.value).toBe(before?.value);
  await tab.expire();
  expect([await callService(tab, url), await tab.status()]).toEqual([200, 'signed_in']);
});

it('an origin of the site that is not listed cannot use the cookie', async () => {
  const { tab, url } = await open();
  const other = await tab.context.newPage();
  await other.goto(`https://other.site.localhost:${app.pages().port}/`);
  const attempt = await other.evaluate(`fetch('${url}/v1/sessions/refresh', {
    method: 'POST', credentials: 'include', body: '{}',
    headers: { 'content-type': 'application/json', 'x-user-service-session': 'cookie' },
  }).then(({ status }) => status, () => 'refused')`);
  expect(attempt).toBe('refused');
  await tab.expire();
  expect(await callService(tab, url)).toBe(200);
});

it('an app whose storage was emptied finds the session of the cookie again', async () => {
  const { tab, url, account } = await open();
  await tab.run('localStorage.clear()');
  await tab.page.reload();
  await tab.page.waitForFunction('window.session !== undefined');
  expect(await tab.status()).toBe('signed_out');
  expect(await tab.run('return (await session.restore()).data.userId')).toBe(account.id);
  expect(await callService(tab, url)).toBe(200);
  expect(await tab.run('return (await session.signOut()).ok')).toBe(true);
  expect(await tab.context.cookies(url)).toEqual([]);
});

const development = useApp({
  env: (port) => ({
    SERVER_PUBLIC_URL: 'http://localhost:8080',
    SERVER_CORS_ORIGINS: `http://localhost:${port}`,
  }),
  url: (port) => `http://localhost:${port}/`,
});

it('in development, two ports of localhost are one site and need no TLS', async () => {
  const url = `http://localhost:${development.pages().target}`;
  const { tab, account } = await development.openBrowser({ mode: 'cookie', url });
  await signIn(tab, account);
  await tab.page.reload();
  await tab.page.waitForFunction('window.session !== undefined');
  expect([await tab.status(), await callService(tab, url)]).toEqual(['signed_in', 200]);
  expect(await tab.context.cookies(url)).toMatchObject([
    { name: 'user-service-session', httpOnly: true, secure: false, sameSite: 'Strict' },
  ]);
});
