import { describe, expect, it } from 'vitest';
import {
  type Answer,
  codeOf,
  goodPassword,
  patientHashing,
  type Sent,
  useSharedApi,
} from '../../support/api.ts';
import { APP_DATABASES } from '../../support/app.ts';
import { createRecordingLogger } from '../../support/logger.ts';

const ORIGIN = 'https://id.example.com';
const APP = 'https://app.example.com';
const NAME = '__Host-user-service-session';
const MODE = { 'x-user-service-session': 'cookie' };
/** As Chromium sends them from a page of `APP`. */
const FROM_APP = { ...MODE, origin: APP, 'sec-fetch-site': 'same-site' };
const env = {
  ...patientHashing,
  SERVER_PUBLIC_URL: ORIGIN,
  SERVER_CORS_ORIGINS: APP,
  SESSIONS_COOKIE_ENABLED: 'true',
};

/** The value of the cookie in a response, undefined without one. Its attributes are those of every response. */
function cookieOf(answer: Answer, name = NAME): string | undefined {
  const [cookie, ...others] = [answer.headers['set-cookie'] ?? []].flat();
  expect(others).toEqual([]);
  if (cookie === undefined) return undefined;
  const [pair = '', maxAge = '', ...attributes] = cookie.split('; ');
  const secure = name.startsWith('__Host-') ? ['Secure'] : [];
  expect(attributes).toEqual(['Path=/', 'HttpOnly', 'SameSite=Strict', ...secure]);
  expect(pair.startsWith(`${name}=`), cookie).toBe(true);
  const value = pair.slice(name.length + 1);
  expect(maxAge).toMatch(value === '' ? /^Max-Age=0$/ : /^Max-Age=25(92000|91\d{3})$/);
  return value;
}

describe.each(APP_DATABASES)('cookie mode on %s', (database) => {
  const logger = createRecordingLogger();
  const api = useSharedApi(database, { env, logger });

  type Options = Sent & { readonly cookie?: string };
  const send = (
    method: 'POST' | 'PUT' | 'DELETE',
    url: string,
    { cookie, ...sent }: Options = {},
  ) =>
    api().send(method, url, {
      ...sent,
      headers: {
        ...(cookie === undefined ? {} : { cookie: `theme=dark; ${NAME}=${cookie}; x=y` }),
        ...(sent.headers ?? FROM_APP),
      },
    });
  const refresh = (cookie: string | undefined, headers: Sent['headers'] = FROM_APP) =>
    send('POST', '/v1/sessions/refresh', {
      ...{ body: {}, headers },
      ...(cookie === undefined ? {} : { cookie }),
    });

  async function signIn() {
    const account = await api().register();
    const body = { email: account.email, password: account.password };
    const answer = await send('POST', '/v1/sessions', { body });
    expect(answer.statusCode, answer.body).toBe(201);
    const cookie = cookieOf(answer) ?? '';
    return { ...account, answer, cookie, token: String(answer.json().access_token) };
  }

  /** Sets the last rotation of a user's sessions into the past. */
  const ageRotation = (userId: string, seconds: number) =>
    api().sql(
      `update sessions set rotated_at = rotated_at - make_interval(secs => $2) where user_id = $1`,
      [userId, seconds],
    );

  it('every response with a refresh token has it in the cookie, and not in the body', async () => {
    const { id, token, cookie, password } = await signIn();
    const refreshed = await refresh(cookie);
    const again = await send('POST', '/v1/sessions/current/reauthenticate', {
      ...{ token, body: { password } },
    });
    const changed = await send('PUT', `/v1/users/${id}/password`, {
      ...{ token: again.json().access_token, body: { new_password: 'seven grey herons wade' } },
    });
    const seen = new Set([cookie]);
    for (const answer of [refreshed, again, changed]) {
      expect([answer.statusCode, Object.keys(answer.json()).sort()], answer.body).toEqual([
        200,
        ['access_token', 'expires_in', 'refresh_expires_in', 'session_id', 'token_type'],
      ]);
      const next = cookieOf(answer) ?? '';
      expect(next).toMatch(/^urt_/);
      seen.add(next);
    }
    expect(seen.size).toBe(4);
    expect((await refresh(cookieOf(changed))).statusCode).toBe(200);
  });

  it('without the header nothing changes: the body has the token, and no response sets a cookie', async () => {
    const { id, email, password, cookie } = await signIn();
    const plain = { headers: {}, cookie };
    const body = { email, password };
    const signedIn = await send('POST', '/v1/sessions', { ...plain, body });
    const { refresh_token, access_token: token } = signedIn.json();
    const answers = [
      signedIn,
      await send('POST', '/v1/sessions/refresh', { ...plain, body: { refresh_token } }),
      await send('POST', '/v1/sessions/current/reauthenticate', {
        ...{ ...plain, token, body: { password } },
      }),
    ];
    const last = answers[2]?.json().access_token;
    const change = { new_password: 'seven grey herons wade' };
    answers.push(
      await send('PUT', `/v1/users/${id}/password`, { ...plain, token: last, body: change }),
    );
    for (const answer of answers) {
      expect(answer.json().refresh_token, answer.body).toMatch(/^urt_/);
      expect(cookieOf(answer)).toBeUndefined();
    }
  });

  it('a cookie alone means nothing', async () => {
    const { cookie } = await signIn();
    const without = await refresh(cookie, {});
    expect([without.statusCode, without.json().errors]).toEqual([
      422,
      [{ pointer: '/refresh_token', code: 'required', message: 'Is required.' }],
    ]);
    const signOut = await send('DELETE', '/v1/sessions/current', { cookie, headers: {} });
    expect(codeOf(signOut)).toBe('unauthenticated');
    expect((await refresh(cookie)).statusCode).toBe(200);
  });

  it.each<[site: string, headers: Readonly<Record<string, string>>]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another site that is listed for CORS', { 'sec-fetch-site': 'cross-site', origin: APP }],
    ['no page', { 'sec-fetch-site': 'none' }],
    [
      'another host of the site',
      { 'sec-fetch-site': 'same-site', origin: 'https://x.example.com' },
    ],
    ['an older browser on another origin', { origin: 'https://example.net' }],
    ['a sandboxed frame', { origin: 'null' }],
  ])('refuses a request from %s, and keeps the session', async (_site, headers) => {
    const { email, password, cookie, token } = await signIn();
    const from = { headers: { ...MODE, ...headers }, cookie };
    for (const answer of [
      await send('POST', '/v1/sessions', { ...from, body: { email, password } }),
      await send('POST', '/v1/sessions/refresh', { ...from, body: {} }),
      await send('DELETE', '/v1/sessions/current', from),
      await send('DELETE', '/v1/sessions', { ...from, token }),
    ]) {
      expect([answer.statusCode, codeOf(answer)]).toEqual([403, 'session_cookie_refused']);
      expect(cookieOf(answer)).toBeUndefined();
    }
    expect((await refresh(cookie)).statusCode).toBe(200);
  });

  it.each<[from: string, headers: Readonly<Record<string, string>>]>([
    ['a page of the same origin', { 'sec-fetch-site': 'same-origin', origin: ORIGIN }],
    [
      'its own origin behind a proxy',
      { 'sec-fetch-site': 'same-origin', origin: 'https://x.test' },
    ],
    ['a listed origin of the site', { 'sec-fetch-site': 'same-site', origin: APP }],
    ['an older browser on a listed origin', { origin: APP }],
    ['a program without an origin', {}],
  ])('serves %s', async (_from, headers) => {
    const { cookie } = await signIn();
    expect((await refresh(cookie, { ...MODE, ...headers })).statusCode).toBe(200);
  });

  it('refuses another value of the header', async () => {
    const answer = await refresh(undefined, { 'x-user-service-session': 'storage' });
    expect([answer.statusCode, codeOf(answer)]).toEqual([400, 'malformed_request']);
  });

  it('a sign-out needs the cookie only, clears it, and works again', async () => {
    const { cookie, token } = await signIn();
    for (const _time of ['first', 'second']) {
      const answer = await send('DELETE', '/v1/sessions/current', { cookie });
      expect([answer.statusCode, cookieOf(answer)]).toEqual([204, '']);
    }
    expect(codeOf(await refresh(cookie))).toBe('invalid_grant');
    expect(await api().statusOf(token)).toBe(401);
  });

  it('a sign-out ends the session of the cookie, whatever the access token says', async () => {
    const { cookie } = await signIn();
    const other = await signIn();
    const expired = await send('DELETE', '/v1/sessions/current', {
      cookie,
      token: 'no.such.token',
    });
    expect(expired.statusCode).toBe(204);
    expect(codeOf(await refresh(cookie))).toBe('invalid_grant');
    const without = await send('DELETE', '/v1/sessions/current', { token: other.token });
    expect([without.statusCode, cookieOf(without)]).toEqual([204, '']);
    expect(codeOf(await send('DELETE', '/v1/sessions/current'))).toBe('unauthenticated');
  });

  it('a sign-out everywhere clears the cookie', async () => {
    const { cookie, token } = await signIn();
    const answer = await send('DELETE', '/v1/sessions', { cookie, token });
    expect([answer.statusCode, cookieOf(answer)]).toEqual([204, '']);
  });

  it('two tabs that refresh at once get one cookie, and a late one the same within the grace', async () => {
    const { id, cookie } = await signIn();
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(cookie)));
    const cookies = new Set(answers.map((answer) => cookieOf(answer)));
    expect(cookies.size).toBe(1);
    await ageRotation(id, 5);
    expect([...cookies]).toEqual([cookieOf(await refresh(cookie))]);
    await ageRotation(id, 11);
    expect(codeOf(await refresh(cookie))).toBe('invalid_grant');
  });

  it('an expired, invented or missing cookie is invalid_grant, and takes no other cookie away', async () => {
    const { id, cookie } = await signIn();
    await api().sql(`update sessions set expires_at = now() where user_id = $1`, [id]);
    for (const sent of [cookie, 'urt_invented', '', undefined]) {
      const answer = await refresh(sent);
      expect([answer.statusCode, codeOf(answer), cookieOf(answer)]).toEqual([
        ...[401, 'invalid_grant', undefined],
      ]);
    }
  });

  it('a token from elsewhere moves into the cookie', async () => {
    const account = await api().register();
    const { refresh_token } = await api().signIn(account);
    const moved = await send('POST', '/v1/sessions/refresh', { body: { refresh_token } });
    expect([moved.statusCode, moved.json().refresh_token]).toEqual([200, undefined]);
    expect((await refresh(cookieOf(moved))).statusCode).toBe(200);
  });

  it('a repeated sign-in gets the same cookie, and never as a body', async () => {
    const { email, password } = await api().register();
    const key = { 'idempotency-key': `one-sign-in-of-${email}` };
    const attempt = (headers: Sent['headers']) =>
      send('POST', '/v1/sessions', { body: { email, password }, headers: { ...headers, ...key } });
    const [first, second] = [await attempt(FROM_APP), await attempt(FROM_APP)];
    expect(second.headers['idempotent-replayed']).toBe('true');
    expect(cookieOf(first)).toMatch(/^urt_/);
    expect([cookieOf(second), second.json()]).toEqual([cookieOf(first), first.json()]);
    expect(codeOf(await attempt({}))).toBe('idempotency_key_reused');
    const crossSite = { ...MODE, 'sec-fetch-site': 'cross-site' };
    expect(codeOf(await attempt(crossSite))).toBe('session_cookie_refused');
    const records = await api().sql(`select r::text from idempotency_keys r`);
    expect(JSON.stringify(records)).not.toContain(cookieOf(first));
  });

  it('a repeated sign-out counts for its own cookie only', async () => {
    const [one, two] = [await signIn(), await signIn()];
    const headers = { ...FROM_APP, 'idempotency-key': `sign-out-of-${one.email}` };
    const signOut = (cookie: string) => send('DELETE', '/v1/sessions/current', { cookie, headers });
    expect((await signOut(one.cookie)).statusCode).toBe(204);
    expect((await signOut(one.cookie)).headers['idempotent-replayed']).toBe('true');
    expect(codeOf(await signOut(two.cookie))).toBe('idempotency_key_reused');
    expect((await refresh(two.cookie)).statusCode).toBe(200);
  });

  it('no line of the log has a cookie', async () => {
    const { cookie } = await signIn();
    const next = cookieOf(await refresh(cookie));
    await send('DELETE', '/v1/sessions/current', { cookie: next ?? '' });
    const lines = JSON.stringify(logger.lines);
    expect(lines).toContain('session refreshed');
    expect(lines).not.toMatch(/urt_/);
  });
});

describe('credentials over CORS', () => {
  const getWith = useSharedApi('embedded', { env });
  const getWithout = useSharedApi('embedded', {
    env: { ...env, SESSIONS_COOKIE_ENABLED: 'false' },
  });

  async function preflight(getApi: typeof getWith, origin: string) {
    const { headers } = await getApi().app.http.inject({
      method: 'OPTIONS',
      url: '/v1/sessions/refresh',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    const allowed = String(headers['access-control-allow-headers']).toLowerCase().split(', ');
    expect(allowed).toContain('x-user-service-session');
    return [headers['access-control-allow-origin'], headers['access-control-allow-credentials']];
  }

  it('are allowed to listed origins, where the cookie is turned on', async () => {
    expect(await preflight(getWith, APP)).toEqual([APP, 'true']);
    expect(await preflight(getWith, 'https://example.net')).toEqual([undefined, undefined]);
    expect(await preflight(getWithout, APP)).toEqual([APP, undefined]);
  });

  it('are refused by a service without the cookie', async () => {
    const { email } = await getWithout().register();
    const answer = await getWithout().send('POST', '/v1/sessions', {
      ...{ headers: FROM_APP, body: { email, password: goodPassword } },
    });
    expect([answer.statusCode, codeOf(answer)]).toEqual([403, 'session_cookie_refused']);
    expect(cookieOf(answer)).toBeUndefined();
  });
});

describe('on a loopback address without TLS', () => {
  const api = useSharedApi('embedded', {
    env: {
      ...env,
      ...{ SERVER_PUBLIC_URL: 'http://localhost:8080', SESSIONS_COOKIE_NAME: 'dev' },
    },
  });

  it('the cookie has neither prefix nor Secure, which not every browser accepts there', async () => {
    const { email, password } = await api().register();
    const answer = await api().send('POST', '/v1/sessions', {
      ...{ headers: MODE, body: { email, password } },
    });
    expect(cookieOf(answer, 'dev')).toMatch(/^urt_/);
  });
});
