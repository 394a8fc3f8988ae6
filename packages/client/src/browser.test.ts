import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createExclusive, type Locks } from './browser/exclusive.ts';
import { type BrowserSessionOptions, createBrowserSession, type TextStorage } from './browser.ts';

const SERVICE = 'https://id.example.com';
const API = 'https://api.example.com';
const MINUTE = 60_000;

type Answer = Response | Promise<Response> | Error;

const json = (status: number, body: object, headers = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
const problem = (status: number, code: string, headers = {}) =>
  json(status, { code, detail: `${code}.`, request_id: 'r' }, headers);
const invalidGrant = () => problem(401, 'invalid_grant');

let issued = 0;
function tokens(userId = 'ada', sessionId = 's1') {
  issued += 1;
  const claims = Buffer.from(JSON.stringify({ sub: userId, n: issued })).toString('base64url');
  return {
    session_id: sessionId,
    ...{ access_token: `h.${claims}.s`, refresh_token: `refresh-${issued}` },
    ...{ token_type: 'Bearer', expires_in: 600, refresh_expires_in: 1_000, device_token: 'device' },
  };
}

function createStorage(): TextStorage & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, value) => void texts.set(key, value),
    removeItem: (key) => void texts.delete(key),
  };
}

/** A session whose requests are answered in order by path; the default of a path is its last answer. */
function create(options: Partial<BrowserSessionOptions> = {}) {
  const answers = new Map<string, (() => Answer)[]>();
  const sent: { path: string; token: string | null; body: string; headers: Headers }[] = [];
  const clock = { ms: 1_000_000 };
  const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const { origin, pathname } = new URL(request.url);
    const path = origin === SERVICE ? pathname : `${origin}${pathname}`;
    const token = request.headers.get('authorization');
    sent.push({ path, token, body: await request.text(), headers: request.headers });
    const queue = answers.get(path) ?? [() => json(200, {})];
    const next = queue.length > 1 ? queue.shift() : queue[0];
    const answer = next?.();
    if (answer instanceof Error) throw answer;
    return (await answer) as Response;
  };
  const storage = createStorage();
  const session = createBrowserSession({
    ...{ url: SERVICE, mode: 'storage', storage, fetch, now: () => clock.ms, origins: [API] },
    ...options,
  });
  const paths = () => sent.map(({ path }) => path);
  return {
    ...{ session, sent, clock, storage, fetch, paths },
    answer: (path: string, ...list: (() => Answer)[]) => void answers.set(path, list),
    async signIn() {
      answers.set('/v1/sessions', [() => json(201, tokens())]);
      const signedIn = await session.signIn({ email: 'a@b.cc', password: 'p' });
      expect(signedIn.ok).toBe(true);
      sent.length = 0;
      return session;
    },
    refreshes: () => paths().filter((path) => path === '/v1/sessions/refresh').length,
  };
}

const REFRESH = '/v1/sessions/refresh';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  // Node.js 24 has Web Locks. These tests are of a page without them; Chromium runs those with.
  vi.stubGlobal('navigator', {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Lets the pauses between two attempts pass. */
async function settled<T>(work: Promise<T>): Promise<T> {
  const done = work.finally(() => {});
  done.catch(() => {});
  for (let step = 0; step < 20; step += 1) await vi.advanceTimersByTimeAsync(100);
  return done;
}

describe('signing in', () => {
  test('keeps the session, tells listeners, and sends the token of the device the next time', async () => {
    const { session, answer, sent, storage } = create();
    expect(session.state).toEqual({ status: 'signed_out' });
    const seen: unknown[] = [];
    const stop = session.onChange((state) => seen.push(state));
    answer('/v1/sessions', () => json(201, tokens()));
    const state = { status: 'signed_in', userId: 'ada', sessionId: 's1' };
    expect(await session.signIn({ email: 'a@b.cc', password: 'p' })).toEqual({
      ...{ ok: true, data: state },
    });
    stop();
    await session.signIn({ email: 'a@b.cc', password: 'p' });
    expect([session.state, seen]).toEqual([state, [state]]);
    expect(sent.map(({ body }) => JSON.parse(body).device_token)).toEqual([undefined, 'device']);
    expect(JSON.stringify([...storage.texts])).not.toContain('h.');
  });

  test('gives the refusal of the service, with its fields and the time to wait', async () => {
    const { session, answer } = create();
    const errors = [{ pointer: '/email', code: 'required', message: 'Is required.' }];
    answer(
      '/v1/sessions',
      () => problem(401, 'invalid_credentials'),
      () => problem(429, 'rate_limited', { 'retry-after': '7' }),
      () => json(422, { code: 'validation_failed', detail: 'd', request_id: 'r', errors }),
    );
    const attempt = () => session.signIn({ email: 'a@b.cc', password: 'p' });
    const base = { errors: [], retryAfterSeconds: null, requestId: 'r' };
    expect(await attempt()).toEqual({
      ok: false,
      problem: {
        ...base,
        code: 'invalid_credentials',
        status: 401,
        detail: 'invalid_credentials.',
      },
    });
    expect(await attempt()).toMatchObject({
      problem: { code: 'rate_limited', retryAfterSeconds: 7 },
    });
    expect(await attempt()).toMatchObject({ problem: { code: 'validation_failed', errors } });
    expect(session.state.status).toBe('signed_out');
  });

  test('in memory mode leaves nothing in the storage of the page', async () => {
    const storage = createStorage();
    const { signIn } = create({ mode: 'memory', storage });
    expect((await signIn()).state.status).toBe('signed_in');
    expect(storage.texts.size).toBe(0);
  });

  test('works where the storage is blocked', async () => {
    const blocked = () => {
      throw new Error('SecurityError');
    };
    const storage = { getItem: blocked, setItem: blocked, removeItem: blocked };
    const { signIn } = create({ storage });
    const session = await signIn();
    expect(session.state.status).toBe('signed_in');
    expect(await session.accessToken()).toMatchObject({ ok: true });
  });

  test('a foreign text under the key counts as signed out', () => {
    const storage = createStorage();
    storage.getItem = () => '{"sessionId":1';
    expect(create({ storage }).session.state).toEqual({ status: 'signed_out' });
  });
});

describe('fetch', () => {
  test('sends the token to the service and the listed origins, and to no other', async () => {
    const { session, sent, signIn } = create();
    await signIn();
    for (const url of [`${SERVICE}/v1/me`, `${API}/orders`, 'https://other.example.com/x']) {
      await session.fetch(url);
    }
    const [service, api, other] = sent.map(({ token }) => token);
    expect(service).toMatch(/^Bearer h\./);
    expect([api, other]).toEqual([service, null]);
  });

  test('refreshes once before the token ends, for all requests that wait', async () => {
    const { session, sent, clock, answer, refreshes, signIn } = create();
    await signIn();
    answer(REFRESH, () => json(200, tokens()));
    clock.ms += 9 * MINUTE - 1;
    await session.fetch(`${API}/a`);
    expect(refreshes()).toBe(0);
    clock.ms += 1;
    await Promise.all(Array.from({ length: 5 }, () => session.fetch(`${API}/a`)));
    expect(refreshes()).toBe(1);
    expect(new Set(sent.slice(-5).map(({ token }) => token)).size).toBe(1);
  });

  test('refreshes and sends once more after a 401, with the same body', async () => {
    const { session, sent, answer, refreshes, signIn } = create();
    await signIn();
    answer(REFRESH, () => json(200, tokens()));
    answer(`${API}/a`, () => problem(401, 'invalid_token'));
    const response = await session.fetch(`${API}/a`, { method: 'POST', body: 'once' });
    expect([response.status, refreshes()]).toEqual([401, 1]);
    const calls = sent.filter(({ path }) => path === `${API}/a`);
    expect(calls.map(({ body }) => body)).toEqual(['once', 'once']);
    expect(calls[0]?.token).not.toBe(calls[1]?.token);
  });

  test('does not refresh for a change that needs the password', async () => {
    const { session, answer, refreshes, signIn } = create();
    await signIn();
    const challenge = 'Bearer realm="user-service", error="insufficient_user_authentication"';
    answer(`${API}/a`, () => problem(401, 'step_up_required', { 'www-authenticate': challenge }));
    expect((await session.fetch(`${API}/a`)).status).toBe(401);
    expect(refreshes()).toBe(0);
  });

  test('sends no token while signed out', async () => {
    const { session, sent } = create();
    await session.fetch(`${API}/a`);
    expect(sent).toMatchObject([{ path: `${API}/a`, token: null }]);
  });
});

/** What keeps a refresh from its answer, and how `fetch` fails then. */
const FAILURES: readonly (readonly [string, () => Answer, string | number])[] = [
  ['no network', () => new TypeError('Failed to fetch'), 'throws'],
  ['503', () => problem(503, 'unavailable', { 'retry-after': '3' }), 503],
  ['500 of a proxy', () => new Response('<h1>', { status: 500 }), 500],
  ['a page instead of an answer', () => new Response('<h1>', { status: 200 }), 502],
  ['429', () => problem(429, 'rate_limited'), 429],
  ['403 for a cookie', () => problem(403, 'session_cookie_refused'), 403],
  ['401 of a gateway', () => new Response('who?', { status: 401 }), 401],
];

describe.each(FAILURES)('a refresh that meets %s', (_name, failure, outcome) => {
  test('does not sign out: the token is used to its end, then requests fail alike', async () => {
    const { session, clock, answer, signIn } = create();
    await signIn();
    answer(REFRESH, failure);
    clock.ms += 9 * MINUTE;
    expect((await settled(session.fetch(`${API}/a`))).status).toBe(200);
    clock.ms += MINUTE;
    const late = settled(session.fetch(`${API}/a`));
    expect(
      await late.then(
        ({ status }) => status,
        () => 'throws',
      ),
    ).toBe(outcome);
    expect(session.state.status).toBe('signed_in');
    answer(REFRESH, () => json(200, tokens()));
    expect((await settled(session.fetch(`${API}/a`))).status).toBe(200);
  });
});

describe('a refresh', () => {
  test('is repeated once, within the grace of the service, when its response is lost', async () => {
    const { session, sent, clock, answer, signIn } = create();
    await signIn();
    const next = tokens();
    answer(
      REFRESH,
      () => new TypeError('reset'),
      () => json(200, next),
    );
    clock.ms += 11 * MINUTE;
    expect(await settled(session.accessToken())).toEqual({ ok: true, data: next.access_token });
    const [first, second, ...more] = sent.map(({ body }) => body);
    expect([second, more]).toEqual([first, []]);
  });

  test('that failed is tried with what is saved by then: the device may have slept', async () => {
    const { session, sent, clock, answer, storage, signIn } = create();
    await signIn();
    const [key = '', text = ''] =
      [...storage.texts].find(([, value]) => value.includes('s1')) ?? [];
    answer(
      REFRESH,
      () => {
        storage.setItem(key, text.replace(/refresh-\d+/, 'refresh-of-other-tab'));
        return new TypeError('asleep');
      },
      () => json(200, tokens()),
    );
    clock.ms += 11 * MINUTE;
    await settled(session.accessToken());
    expect(sent.at(-1)?.body).toContain('refresh-of-other-tab');
  });

  test('that is refused signs out, in this browser and for listeners', async () => {
    const { session, clock, answer, storage, signIn } = create();
    await signIn();
    const seen: unknown[] = [];
    session.onChange((state) => seen.push(state));
    answer(REFRESH, invalidGrant);
    clock.ms += 11 * MINUTE;
    expect(await session.accessToken()).toEqual({ ok: true, data: null });
    expect([session.state, seen]).toEqual([{ status: 'signed_out' }, [{ status: 'signed_out' }]]);
    expect([...storage.texts.values()]).toEqual(['device']);
  });

  test('that is refused after another tab has rotated the token tries that one', async () => {
    const { session, clock, answer, storage, signIn } = create();
    await signIn();
    const [key = '', text = ''] =
      [...storage.texts].find(([, value]) => value.includes('s1')) ?? [];
    answer(
      REFRESH,
      () => {
        storage.setItem(key, text.replace(/refresh-\d+/, 'refresh-of-other-tab'));
        return invalidGrant();
      },
      () => json(200, tokens()),
    );
    clock.ms += 11 * MINUTE;
    expect(await session.accessToken()).toMatchObject({ ok: true, data: expect.any(String) });
    expect(session.state.status).toBe('signed_in');
  });

  test('whose answer comes after a sign-out does not sign in again', async () => {
    const { session, clock, answer, signIn } = create();
    await signIn();
    let deliver = (_response: Response) => {};
    answer(REFRESH, () => new Promise<Response>((resolve) => (deliver = resolve)));
    answer('/v1/oauth/revoke', () => new Response('', { status: 200 }));
    clock.ms += 11 * MINUTE;
    const token = session.accessToken();
    expect(await session.signOut()).toEqual({ ok: true, data: undefined });
    deliver(json(200, tokens()));
    expect(await token).toEqual({ ok: true, data: null });
    expect(session.state.status).toBe('signed_out');
  });

  test('measures the lifetime of its token from before the request', async () => {
    const { session, clock, answer, refreshes, signIn } = create();
    await signIn();
    answer(REFRESH, () => {
      clock.ms += 9 * MINUTE;
      return json(200, tokens());
    });
    clock.ms += 11 * MINUTE;
    await session.accessToken();
    await session.accessToken();
    expect(refreshes()).toBe(2);
  });
});

describe('signing out', () => {
  test('revokes the refresh token, without an access token', async () => {
    const { session, sent, clock, signIn, answer } = create();
    await signIn();
    answer('/v1/oauth/revoke', () => new Response('', { status: 200 }));
    clock.ms += 60 * MINUTE;
    expect(await session.signOut()).toEqual({ ok: true, data: undefined });
    expect(sent).toMatchObject([{ path: '/v1/oauth/revoke', token: null }]);
    expect(sent[0]?.body).toMatch(/^token=refresh-\d+$/);
    expect(await session.signOut()).toEqual({ ok: true, data: undefined });
    expect(sent).toHaveLength(1);
  });

  test('that does not reach the service says so, and the user stays signed in', async () => {
    const { session, answer, signIn } = create();
    await signIn();
    answer('/v1/oauth/revoke', () => new TypeError('offline'));
    expect(await session.signOut()).toMatchObject({ problem: { code: 'network_error' } });
    expect(session.state.status).toBe('signed_in');
  });

  test.each([
    [429, 'temporarily_unavailable', { code: 'unavailable', retryAfterSeconds: 7 }],
    [503, 'temporarily_unavailable', { code: 'unavailable', retryAfterSeconds: 7 }],
    [500, 'server_error', { code: 'internal_error', detail: 'Later.' }],
    [400, 'invalid_request', { code: 'invalid_response' }],
  ])('that the service refuses with %d %s says so', async (status, error, expected) => {
    const { session, answer, signIn } = create();
    await signIn();
    const refusal = { error, error_description: 'Later.' };
    answer('/v1/oauth/revoke', () => json(status, refusal, { 'retry-after': '7' }));
    expect(await session.signOut()).toMatchObject({ problem: { status, ...expected } });
    expect(session.state.status).toBe('signed_in');
  });

  test('is done where the service knows no session any more, and not by a refusal of a gateway', async () => {
    const { session, answer, sent } = create({ mode: 'cookie' });
    answer('/v1/sessions', () => json(201, { ...tokens(), refresh_token: undefined }));
    await session.signIn({ email: 'a@b.cc', password: 'p' });
    answer(
      '/v1/sessions/current',
      () => new Response('who?', { status: 401 }),
      () => problem(401, 'unauthenticated'),
    );
    expect(await session.signOut()).toMatchObject({ problem: { code: 'invalid_response' } });
    expect(session.state.status).toBe('signed_in');
    expect(await session.signOut()).toEqual({ ok: true, data: undefined });
    expect([session.state.status, sent.length]).toEqual(['signed_out', 3]);
  });

  test('does not read a long response to its end', async () => {
    const { session, answer, signIn } = create();
    await signIn();
    let sent = 0;
    const long = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        if (sent > 100) controller.close();
        else controller.enqueue(new Uint8Array(65_536).fill(0x20));
      },
    });
    answer('/v1/oauth/revoke', () => new Response(long));
    expect(await session.signOut()).toMatchObject({ problem: { code: 'invalid_response' } });
    expect([session.state.status, sent < 10]).toEqual(['signed_in', true]);
  });

  test('everywhere needs an access token', async () => {
    const { session, sent, answer, signIn } = create();
    await signIn();
    answer('/v1/sessions', () => new Response(null, { status: 204 }));
    expect(await session.signOut({ everywhere: true })).toEqual({ ok: true, data: undefined });
    expect(sent).toMatchObject([{ path: '/v1/sessions', token: expect.stringMatching(/^Bearer/) }]);
    expect(session.state.status).toBe('signed_out');
  });
});

test.each(['storage', 'pageshow'])(
  'a page that gets %s looks at what other tabs have saved',
  async (event) => {
    const listeners = new Map<string, () => void>();
    vi.stubGlobal('addEventListener', (type: string, listener: () => void) =>
      listeners.set(type, listener),
    );
    vi.stubGlobal('removeEventListener', (type: string) => listeners.delete(type));
    const { session, storage, signIn } = create();
    vi.unstubAllGlobals();
    await signIn();
    storage.texts.clear();
    expect(session.state.status).toBe('signed_in');
    listeners.get(event)?.();
    expect(session.state.status).toBe('signed_out');
  },
);

describe('cookie mode', () => {
  const withoutToken = (sessionId = 's1') => {
    const { refresh_token: _cookie, ...rest } = tokens('ada', sessionId);
    return json(200, rest);
  };

  test('asks for it in every request about the session, and holds no refresh token', async () => {
    const { session, sent, storage, answer } = create({ mode: 'cookie' });
    answer('/v1/sessions', () => withoutToken());
    answer('/v1/sessions/current', () => new Response(null, { status: 204 }));
    await session.signIn({ email: 'a@b.cc', password: 'p' });
    answer('/v1/sessions/current/reauthenticate', () => withoutToken('s2'));
    await session.reauthenticate('p');
    await session.signOut();
    expect(sent.map(({ path }) => path)).toEqual([
      ...['/v1/sessions', '/v1/sessions/current/reauthenticate', '/v1/sessions/current'],
    ]);
    for (const { headers } of sent) expect(headers.get('x-user-service-session')).toBe('cookie');
    expect(JSON.stringify([...storage.texts])).not.toContain('refresh');
    expect(session.state).toEqual({ status: 'signed_out' });
  });

  test('takes the refresh token of an earlier mode into the cookie', async () => {
    const earlier = create();
    await earlier.signIn();
    const { session, sent, answer } = create({ mode: 'cookie', storage: earlier.storage });
    answer(REFRESH, () => withoutToken());
    await session.accessToken();
    expect(sent[0]?.body).toMatch(/refresh-\d+/);
    expect(JSON.stringify([...earlier.storage.texts])).not.toContain('refresh-');
  });

  test('finds the session of the cookie when the storage was emptied', async () => {
    const { session, sent, answer } = create({ mode: 'cookie' });
    answer(REFRESH, invalidGrant, () => withoutToken());
    expect(await session.restore()).toEqual({ ok: true, data: { status: 'signed_out' } });
    expect(await session.restore()).toMatchObject({ data: { userId: 'ada', sessionId: 's1' } });
    expect(await session.restore()).toMatchObject({ ok: true });
    expect(sent.map(({ body }) => body)).toEqual(['{}', '{}']);
  });
});

describe('the lock of tabs', () => {
  test('that is held for too long is not waited for', async () => {
    const never: Locks = {
      request: (_name, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    };
    const exclusive = createExclusive(never, 'x');
    const done: string[] = [];
    const work = exclusive(async () => done.push('work'));
    await vi.advanceTimersByTimeAsync(1_999);
    expect(done).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await work;
    expect(done).toEqual(['work']);
  });

  test.each<[string, Locks | undefined]>([
    ['that the browser does not have', undefined],
    ['that fails at once', { request: () => Promise.reject(new Error('InvalidStateError')) }],
    [
      'that throws',
      {
        request: () => {
          throw new Error('SecurityError');
        },
      },
    ],
    [
      'that is lost after the work has begun',
      {
        async request(_name, _options, work) {
          await work();
          throw new Error('AbortError');
        },
      },
    ],
  ])('%s does not keep the work from being done, once', async (_name, locks) => {
    let times = 0;
    expect(await createExclusive(locks, 'x')(async () => (times += 1))).toBe(1);
    expect(times).toBe(1);
  });
});
