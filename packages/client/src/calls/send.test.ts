import { describe, expect, test } from 'vitest';
import { type ClientOptions, ProblemError, unwrap, userService } from '../index.ts';

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
}

type Step = Response | Error | 'silence';

/** A client whose requests get the steps in order, and the last one again. Its clock moves by the waits alone. */
function scripted(steps: readonly Step[], options: Partial<ClientOptions> = {}) {
  const sent: Sent[] = [];
  const waits: number[] = [];
  let now = Date.UTC(2026, 0, 1);
  const client = userService({
    url: 'https://users.example.com/base/',
    key: 'usk_test',
    random: () => 0,
    now: () => now,
    sleep: async (ms) => {
      waits.push(ms);
      now += ms;
    },
    fetch: async (url, init) => {
      sent.push({
        url,
        method: String(init.method),
        headers: new Headers(init.headers),
        body: init.body,
      });
      const step = steps[Math.min(sent.length, steps.length) - 1];
      if (step === 'silence' || step === undefined) return await new Promise<never>(() => {});
      if (step instanceof Error) throw step;
      return step.clone();
    },
    ...options,
  });
  return { client, sent, waits };
}

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  const document = { code, status, detail: `The ${code} text.`, request_id: 'r-1' };
  return Response.json(document, {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

function networkError(code: string): Error {
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
}

const ok = Response.json({ id: 'u' });
const page = (status: number, type = 'text/html') =>
  new Response('<h1>Oops</h1>', { status, headers: { 'content-type': type } });
const reset = networkError('ECONNRESET');
const REGISTRATION = { first_name: 'Ada', last_name: 'L', email: 'a@example.com', password: 'x' };

describe('a request', () => {
  test('has the path below the base URL, credentials, an id, and the version in If-Match', async () => {
    const { client, sent } = scripted([ok], { requestId: () => 'req-7', userAgent: 'orders/1' });
    const reply = await client.users.update('a/b', { first_name: 'Bo' }, { ifVersion: 3 });
    expect(reply).toMatchObject({ ok: true, info: { requestId: 'req-7', attempts: 1 } });
    expect(sent[0]).toMatchObject({
      url: 'https://users.example.com/base/v1/users/a%2Fb',
      method: 'PATCH',
      body: '{"first_name":"Bo"}',
    });
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toMatchObject({
      authorization: 'Bearer usk_test',
      'content-type': 'application/merge-patch+json',
      'if-match': '"3"',
      'user-agent': 'orders/1',
      'x-request-id': 'req-7',
    });
  });

  test('to a public operation has no credentials, and a token of the call counts first', async () => {
    const { client, sent } = scripted([ok]);
    await client.sessions.signIn({ email: 'a@example.com', password: 'x' });
    await client.me.get({ token: 'of-ada' });
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual([
      null,
      'Bearer of-ada',
    ]);
  });

  test.each(['', '.', '..'])('with the id "%s" throws: it would reach another operation', (id) => {
    expect(() => scripted([ok]).client.users.get(id)).toThrow(TypeError);
  });

  test.each(['ftp://host', 'host', 'https://me:canary@host', 'https://host/?a=b'])(
    'cannot be made with the URL %s, which is not repeated',
    (url) => {
      const make = () => userService({ url });
      expect(make).toThrow(TypeError);
      expect(make).not.toThrow(/canary/);
    },
  );
});

describe('retries', () => {
  test.each([
    ['429', problem(429, 'rate_limited')],
    ['503', problem(503, 'unavailable')],
    ['409 of the first request in progress', problem(409, 'idempotency_in_progress')],
    ['a reset connection', reset],
    ['502 of a proxy', page(502)],
  ])('a write is repeated with the same key and id after %s', async (_name, step) => {
    const { client, sent } = scripted([step, ok]);
    expect(await client.users.register(REGISTRATION)).toMatchObject({ ok: true });
    const [first, second] = sent;
    expect(sent).toHaveLength(2);
    expect(first?.headers.get('idempotency-key')).toMatch(/^[\x21-\x7e]{16,}$/);
    for (const name of ['idempotency-key', 'x-request-id']) {
      expect(second?.headers.get(name)).toBe(first?.headers.get(name));
    }
  });

  test('of another call have another key, unless the caller gives its own', async () => {
    const { client, sent } = scripted([ok]);
    const idempotencyKey = 'registration-of-ada';
    for (const options of [{}, {}, { idempotencyKey }, { idempotencyKey }]) {
      await client.users.register(REGISTRATION, options);
    }
    const keys = sent.map(({ headers }) => headers.get('idempotency-key'));
    expect(new Set(keys).size).toBe(3);
    expect(keys.slice(2)).toEqual([idempotencyKey, idempotencyKey]);
  });

  test('are bounded, and their pauses double up to the bound', async () => {
    const options = { retries: 5, firstDelayMs: 100, maxDelayMs: 400, timeoutMs: 60_000 };
    const { client, sent, waits } = scripted([problem(503, 'overloaded')], {
      ...options,
      random: () => 1,
    });
    expect(await client.me.get()).toMatchObject({ ok: false, info: { attempts: 6 } });
    expect(sent).toHaveLength(6);
    expect(waits).toEqual([100, 200, 400, 400, 400]);
  });

  test.each([
    ['seconds', '2'],
    ['a date', 'Thu, 01 Jan 2026 00:00:02 GMT'],
  ])('wait for Retry-After as %s', async (_name, value) => {
    const { client, waits } = scripted([
      problem(429, 'rate_limited', { 'retry-after': value }),
      ok,
    ]);
    expect(await client.me.get()).toMatchObject({ ok: true });
    expect(waits).toEqual([2_000]);
  });

  test('that would end after the deadline are not begun: the problem is returned at once', async () => {
    const { client, sent, waits } = scripted([
      problem(503, 'unavailable', { 'retry-after': '11' }),
      ok,
    ]);
    expect(await client.me.get()).toMatchObject({
      ok: false,
      problem: { code: 'unavailable', retry_after: 11 },
    });
    expect([sent.length, waits]).toEqual([1, []]);
  });

  test.each([
    ['500', problem(500, 'internal_error')],
    ['422', problem(422, 'validation_failed')],
    ['401', problem(401, 'invalid_token')],
    ['a page with status 200', page(200)],
  ])('do not follow %s', async (_name, step) => {
    const { client, sent } = scripted([step, ok]);
    expect((await client.users.register(REGISTRATION)).ok).toBe(false);
    expect(sent).toHaveLength(1);
  });

  test('do not repeat a refresh when its successor may not be given again', async () => {
    const options = { timeoutMs: 60_000, firstDelayMs: 6_000, maxDelayMs: 6_000, random: () => 1 };
    const { client, sent } = scripted([reset], options);
    await client.sessions.refresh({ refresh_token: 't' });
    expect(sent).toHaveLength(2);
  });

  test('are told apart: whether an earlier attempt may have been performed', async () => {
    const lost = scripted([reset, problem(409, 'email_taken')]);
    const refused = scripted([networkError('ECONNREFUSED'), problem(409, 'email_taken')]);
    const { register } = lost.client.users;
    expect((await register(REGISTRATION)).info.maybeRepeated).toBe(true);
    expect((await refused.client.users.register(REGISTRATION)).info.maybeRepeated).toBe(false);
  });
});

describe('a problem', () => {
  test('that the operation does not have is unknown_problem, with its document', async () => {
    const future = problem(409, 'name_reserved');
    const reply = await scripted([future]).client.users.register(REGISTRATION);
    expect(reply).toMatchObject({
      ok: false,
      problem: { code: 'unknown_problem', status: 409, document: { code: 'name_reserved' } },
    });
    // A code of other operations is as unknown: no switch over this operation has a case for it.
    const other = await scripted([problem(404, 'session_not_found')]).client.users.get('u');
    expect(other).toMatchObject({ problem: { code: 'unknown_problem', status: 404 } });
  });

  test.each([
    ['HTML', page(403)],
    ['HTML with status 200', page(200)],
    ['broken JSON', page(200, 'application/json')],
    ['a redirect', page(302)],
    ['JSON without a code', Response.json({ message: 'Forbidden' }, { status: 403 })],
  ])('of a response that is %s is invalid_response', async (_name, step) => {
    const reply = await scripted([step]).client.users.get('u');
    expect(reply).toMatchObject({ ok: false, problem: { code: 'invalid_response' } });
  });

  test('of a body beyond the bound is invalid_response', async () => {
    const long = Response.json({ id: 'u'.repeat(2_000) });
    const reply = await scripted([long], { maxResponseBytes: 1_000 }).client.users.get('u');
    expect(reply).toMatchObject({ ok: false, problem: { code: 'invalid_response', status: 200 } });
  });

  test('of the OAuth operations has `error` as its code', async () => {
    const body = { error: 'invalid_client', error_description: 'Unknown client.' };
    const { client } = scripted([Response.json(body, { status: 401 })]);
    const reply = await client.oauth.token({ grant_type: 'client_credentials' });
    expect(reply).toMatchObject({ problem: { code: 'invalid_client', detail: 'Unknown client.' } });
  });

  test('is thrown by unwrap', async () => {
    const reply = await scripted([problem(404, 'user_not_found')]).client.users.get('u');
    expect(() => unwrap(reply)).toThrow(ProblemError);
    expect(() => unwrap(reply)).toThrow('user_not_found: The user_not_found text.');
  });
});

describe('a call ends', () => {
  test('at its deadline, also when fetch does not look at the signal', async () => {
    const reply = await scripted(['silence'], { timeoutMs: 20 }).client.me.get();
    expect(reply).toMatchObject({ ok: false, problem: { code: 'deadline_exceeded', status: 0 } });
  });

  test('when its signal aborts, before and while it waits', async () => {
    const before = await scripted([ok]).client.me.get({ signal: AbortSignal.abort() });
    expect(before).toMatchObject({ ok: false, problem: { code: 'aborted' } });
    const control = new AbortController();
    const waiting = scripted(['silence']).client.me.get({ signal: control.signal });
    control.abort();
    expect(await waiting).toMatchObject({ ok: false, problem: { code: 'aborted' } });
  });
});

describe('a list', () => {
  const first = Response.json({ users: [{ id: '1' }, { id: '2' }], next_cursor: 'c' });
  const last = Response.json({ users: [{ id: '3' }], next_cursor: null });

  test('reads all pages with the same query', async () => {
    const { client, sent } = scripted([first, last]);
    const ids: string[] = [];
    for await (const { id } of client.users.list({ q: 'a b' })) ids.push(id);
    expect(ids).toEqual(['1', '2', '3']);
    expect(sent.map(({ url }) => new URL(url).search)).toEqual(['?q=a+b', '?q=a+b&cursor=c']);
  });

  test('throws the problem of a page', async () => {
    const { client } = scripted([first, problem(403, 'forbidden')]);
    const ids: string[] = [];
    const read = async () => {
      for await (const { id } of client.users.list()) ids.push(id);
    };
    await expect(read()).rejects.toMatchObject({ problem: { code: 'forbidden' } });
    expect(ids).toEqual(['1', '2']);
  });
});

describe('batches', () => {
  test('ask for each id once, 500 in a request and four at a time', async () => {
    let atOnce = 0;
    let most = 0;
    const sizes: number[] = [];
    const { client } = scripted([], {
      fetch: async (_url, init) => {
        atOnce += 1;
        most = Math.max(most, atOnce);
        await new Promise((resolve) => setImmediate(resolve));
        atOnce -= 1;
        const { ids } = JSON.parse(String(init.body)) as { readonly ids: readonly string[] };
        sizes.push(ids.length);
        return Response.json({ users: ids.map((id) => ({ id })), missing: [] });
      },
    });
    const ids = Array.from({ length: 3_100 }, (_, at) => `id-${at}`);
    const users = unwrap(await client.users.batch([...ids, ...ids]));
    expect([...users.keys()]).toEqual(ids);
    expect(sizes.sort((a, b) => a - b)).toEqual([100, 500, 500, 500, 500, 500, 500]);
    expect(most).toBe(4);
  });

  test('end with the first problem, and send nothing without ids', async () => {
    const { client, sent } = scripted([problem(403, 'forbidden')]);
    expect(unwrap(await client.users.batch([]))).toEqual(new Map());
    expect(sent).toHaveLength(0);
    const ids = Array.from({ length: 4_000 }, (_, at) => `id-${at}`);
    expect(await client.users.batch(ids)).toMatchObject({ problem: { code: 'forbidden' } });
    expect(sent.length).toBeLessThanOrEqual(4);
  });
});
