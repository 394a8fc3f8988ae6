import { getEventListeners } from 'node:events';
import { type ClientOptions, createCalls, type Reply } from '@user-service/client';
import { describe, expect, it } from 'vitest';
import { cut, type Handler, json, problem, serve } from './broken-server.ts';

const PERSON = { first_name: 'A', last_name: 'B', email: 'a@example.com', password: 'unused here' };
const done = json(201, { id: 'u' });
const page =
  (status: number): Handler =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');

/** Calls operations whose rows have these flags, once each. */
function callsOf<Name extends string>(
  rows: Readonly<Record<Name, string>>,
  options: ClientOptions,
) {
  type Table = { readonly test: Record<Name, (body: object) => Promise<Reply<unknown, unknown>>> };
  return createCalls<Table>({ test: rows }, options).test;
}

const ROWS = {
  once: 'POST /v1/once j - -',
  withKey: 'POST /v1/with-key j k - u',
  reading: 'POST /v1/reading j r -',
  repeatable: 'POST /v1/repeatable j s -',
  inGrace: 'POST /v1/in-grace j g -',
};

/** Failures after which the service may have performed the request, with what the caller learns. */
const LOST: [string, Handler, object][] = [
  ['a lost connection', cut, { code: 'network_error', status: 0 }],
  [
    'a response that is cut off',
    (request, response) => {
      response.writeHead(201, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"id":', () => request.socket.destroy());
    },
    { code: 'network_error', status: 0 },
  ],
  ['502 of a proxy', page(502), { code: 'invalid_response', status: 502 }],
  ['504 of a proxy', page(504), { code: 'invalid_response', status: 504 }],
  [
    'an unknown outcome',
    problem(503, 'outcome_unknown'),
    { code: 'unknown_problem', document: { code: 'outcome_unknown' } },
  ],
];

describe.each(LOST)('a request that was performed, after %s,', (_name, lost, learned) => {
  it('is sent once when the operation is not repeatable, and the problem is returned', async () => {
    const { received, settings, pauses } = await serve(lost, done);
    const reply = await callsOf(ROWS, settings).once({});
    expect(reply).toMatchObject({
      ok: false,
      problem: learned,
      info: { attempts: 1, maybeRepeated: false },
    });
    expect([received.length, pauses]).toEqual([1, []]);
  });

  it('is sent once also when the function `retries` asks for more', async () => {
    const { received, settings } = await serve(lost, done);
    const reply = await callsOf(ROWS, { ...settings, retries: () => true }).once({});
    expect(reply).toMatchObject({ ok: false, problem: learned });
    expect(received).toHaveLength(1);
  });

  it.each(['withKey', 'reading', 'repeatable', 'inGrace'] as const)(
    'is sent again when the operation is repeatable: %s',
    async (name) => {
      const { received, settings } = await serve(lost, done);
      expect(await callsOf(ROWS, settings)[name]({})).toMatchObject({
        ok: true,
        info: { attempts: 2, maybeRepeated: true },
      });
      expect(received).toHaveLength(2);
    },
  );
});

describe('an operation that is not repeatable', () => {
  it.each([
    ['429', problem(429, 'rate_limited')],
    ['`overloaded`', problem(503, 'overloaded')],
    ['`unavailable`', problem(503, 'unavailable')],
  ])('is repeated after %s: nothing was done', async (_name, refused) => {
    const { received, settings } = await serve(refused, done);
    const reply = await callsOf(ROWS, settings).once({});
    expect(reply).toMatchObject({ ok: true, info: { attempts: 2, maybeRepeated: false } });
    expect(received).toHaveLength(2);
  });

  it('is not repeated after a failure of the service, whatever `retries` says', async () => {
    const { received, settings } = await serve(problem(500, 'internal_error'), done);
    await callsOf(ROWS, { ...settings, retries: () => true }).once({});
    expect(received).toHaveLength(1);
  });
});

describe('an idempotency key', () => {
  it('is the same for all attempts of a call, and another one for each call', async () => {
    const { received, open } = await serve(cut, cut, done);
    const { users } = open();
    const reply = await users.register(PERSON);
    expect(reply).toMatchObject({ ok: true, info: { attempts: 3, maybeRepeated: true } });
    await users.register(PERSON);
    const keys = received.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^[\x21-\x7e]{16,255}$/);
    expect(keys.slice(1, 3)).toEqual([keys[0], keys[0]]);
    expect(keys[3]).not.toBe(keys[0]);
  });
});

describe('the grace of a refresh', () => {
  /** The clock moves by the pauses of 6 s alone. */
  async function attemptsOf(name: 'inGrace' | 'repeatable'): Promise<number> {
    const { received, settings } = await serve(cut);
    let now = 0;
    const clock = {
      ...{ now: () => now, timeoutMs: 60_000, firstDelayMs: 6_000, maxDelayMs: 6_000 },
      sleep: async (ms: number) => {
        now += ms;
      },
    };
    await callsOf(ROWS, { ...settings, ...clock, random: () => 1 })[name]({});
    return received.length;
  }

  it('bounds the repetitions of a refresh, and of no other operation', async () => {
    expect(await attemptsOf('inGrace')).toBe(2);
    expect(await attemptsOf('repeatable')).toBe(4);
  });
});

describe('`retrySignal`', () => {
  it('ends a pause: the call has the result of its last attempt', async () => {
    const stop = new AbortController();
    const { received, open } = await serve(problem(503, 'unavailable'));
    const call = open({
      retrySignal: stop.signal,
      sleep: (_ms, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve());
          stop.abort();
        }),
    }).users.get('u');
    expect(await call).toMatchObject({
      problem: { code: 'unavailable', status: 503 },
      info: { attempts: 1 },
    });
    expect(received).toHaveLength(1);
  });

  it('ends the pause of the client itself, without the rest of its time', async () => {
    const stop = new AbortController();
    const refuse = problem(503, 'unavailable', { 'retry-after': '600' });
    const { received, settings } = await serve((request, response, attempt) => {
      refuse(request, response, attempt);
      response.once('close', () => setTimeout(() => stop.abort(), 10));
    });
    const { sleep: _sleep, ...plain } = settings;
    const options = { ...plain, retrySignal: stop.signal, timeoutMs: 3_600_000 };
    const reply = await callsOf(ROWS, options).once({});
    expect(reply).toMatchObject({ ok: false, info: { attempts: 1 } });
    expect(received).toHaveLength(1);
  });

  it('lets the attempt in flight finish, and allows one attempt afterwards', async () => {
    const stop = new AbortController();
    const { received, pauses, open } = await serve(
      (request, response) => {
        stop.abort();
        done(request, response, 1);
      },
      cut,
      done,
    );
    const { users } = open({ retrySignal: stop.signal });
    expect(await users.register(PERSON)).toMatchObject({ ok: true, data: { id: 'u' } });
    expect(await users.register(PERSON)).toMatchObject({ problem: { code: 'network_error' } });
    expect(await users.register(PERSON)).toMatchObject({ ok: true });
    expect([received.length, pauses]).toEqual([3, []]);
  });

  it('does not hide that the call itself was aborted, and keeps no listener', async () => {
    const stop = new AbortController();
    const { open } = await serve(problem(503, 'unavailable'));
    const { signal } = stop;
    const { users } = open({ retrySignal: signal, retries: 2 });
    await users.get('u', { signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    const aborting = open({ retrySignal: signal, sleep: async () => stop.abort() });
    const reply = await aborting.users.get('u', { signal });
    expect(reply).toMatchObject({ problem: { code: 'aborted' } });
  });
});
