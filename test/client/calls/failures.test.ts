import { unwrap, userService } from '@user-service/client';
import { describe, expect, it } from 'vitest';
import { type Handler, json, problem, serve } from './broken-server.ts';

const ID = '01990000-0000-7000-8000-000000000001';
const USER = { id: ID, first_name: 'Ada', version: 1 };

const found = json(200, USER);

describe('a call that is refused for a while', () => {
  it('waits as long as `Retry-After` says, in seconds or as a date, and tries again', async () => {
    const now = Date.UTC(2026, 0, 1);
    const { received, pauses, open } = await serve(
      problem(503, 'overloaded', { 'retry-after': '2' }),
      problem(429, 'rate_limited', { 'retry-after': new Date(now + 3_000).toUTCString() }),
      problem(503, 'unavailable'),
      found,
    );
    const reply = await open({ now: () => now }).users.get(ID);
    expect(reply).toMatchObject({ ok: true, data: USER, info: { attempts: 4 } });
    expect(pauses).toEqual([2_000, 3_000, 400]);
    expect(new Set(received.map(({ headers }) => headers['x-request-id'])).size).toBe(1);
  });

  it('ends with the problem when the wait is longer than the deadline, or after the retries', async () => {
    const { received, open } = await serve(problem(503, 'unavailable', { 'retry-after': '60' }));
    const reply = await open().users.get(ID);
    expect(reply).toMatchObject({ problem: { code: 'unavailable', retry_after: 60 } });
    expect(received).toHaveLength(1);
    const busy = await serve(problem(503, 'unavailable'));
    const ended = await busy.open({ retries: 2 }).users.get(ID);
    expect(ended).toMatchObject({ problem: { code: 'unavailable' }, info: { attempts: 3 } });
  });

  it('is repeated as a function says, for as long as it is safe', async () => {
    const failing = problem(500, 'internal_error');
    const read = await serve(failing, failing, found);
    const seen: number[] = [];
    const retries = ({ status }: { status: number }) => seen.push(status) < 5;
    expect(await read.open({ retries }).users.get(ID)).toMatchObject({
      ok: true,
      info: { attempts: 3, maybeRepeated: true },
    });
    expect(seen).toEqual([500, 500]);
    const never = await serve(failing);
    await never.open({ retries: () => false }).users.get(ID);
    expect(never.received).toHaveLength(1);
  });

  it('is not repeated for problems that no repetition mends', async () => {
    const { received, open } = await serve(problem(404, 'user_not_found'));
    expect(await open().users.get(ID)).toMatchObject({ problem: { code: 'user_not_found' } });
    expect(received).toHaveLength(1);
  });
});

describe('an answer that is not one of the service', () => {
  it.each<[string, Handler]>([
    ['the page of a proxy', (_, response) => response.writeHead(200).end('<html>')],
    ['a redirect', (_, response) => response.writeHead(302, { location: '/elsewhere' }).end()],
    ['half of a document', (_, r) => r.setHeader('content-type', 'application/json').end('{"id')],
    ['an error page', (_, response) => response.writeHead(400).end('Bad Request')],
  ])('is an invalid response: %s', async (_name, handler) => {
    const { received, open } = await serve(handler);
    expect(await open().users.get(ID)).toMatchObject({ problem: { code: 'invalid_response' } });
    expect(received).toHaveLength(1);
  });

  it('is read up to a bound only', async () => {
    const { open } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('"');
      const more = setInterval(() => response.write('x'.repeat(65_536)), 1);
      response.once('close', () => clearInterval(more));
    });
    const reply = await open({ maxResponseBytes: 200_000 }).users.get(ID);
    expect(reply).toMatchObject({ problem: { code: 'invalid_response' } });
  });

  it('keeps the document of a code that this version does not know', async () => {
    const { open } = await serve(problem(409, 'brand_new'));
    const reply = await open().users.get(ID);
    expect(reply).toMatchObject({
      problem: { code: 'unknown_problem', status: 409, document: { code: 'brand_new' } },
    });
  });
});

describe('a call without an answer', () => {
  it('ends at its deadline, attempts and pauses included', async () => {
    const { open } = await serve(() => {});
    const reply = await open({ timeoutMs: 100 }).users.get(ID);
    expect(reply).toMatchObject({ problem: { code: 'deadline_exceeded', status: 0 } });
    const slow = await serve((_, response) => void response.writeHead(200).write(' '));
    const body = await slow.open({ timeoutMs: 100 }).users.get(ID);
    expect(body).toMatchObject({ problem: { code: 'deadline_exceeded' } });
  });

  it('ends when its signal aborts, also before it begins', async () => {
    const { received, open } = await serve(() => {});
    const { users } = open();
    const signal = AbortSignal.abort();
    expect(await users.get(ID, { signal })).toMatchObject({ problem: { code: 'aborted' } });
    expect(received).toHaveLength(0);
    const later = new AbortController();
    const call = users.get(ID, { signal: later.signal });
    later.abort();
    expect(await call).toMatchObject({ problem: { code: 'aborted' } });
  });

  it('says so when nothing listens', async () => {
    const nowhere = userService({ url: 'http://127.0.0.1:9', retries: 0 });
    expect(await nowhere.users.get(ID)).toMatchObject({ problem: { code: 'network_error' } });
  });
});

describe('credentials', () => {
  it('are not sent to public operations, and a token of the call counts first', async () => {
    const { received, open } = await serve(found);
    const client = open();
    await client.sessions.signIn({ email: 'a@example.com', password: 'p' });
    await client.me.get({ token: 'token-of-a-user' });
    await client.users.get(ID);
    expect(received.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      'Bearer token-of-a-user',
      'Bearer usk_key',
    ]);
  });

  it('are refused in the URL, without a message that repeats them', () => {
    const url = 'https://someone:secret-word@users.example.com';
    expect(() => userService({ url })).toThrow(/credentials/);
    expect(() => userService({ url })).not.toThrow(/secret-word/);
  });
});

it('refuses an id that would reach another operation', async () => {
  const { open } = await serve(found);
  expect(() => open().users.get('..')).toThrow(TypeError);
  expect(() => open().users.get('')).toThrow(TypeError);
  expect(unwrap(await open().users.get('a/b'))).toEqual(USER);
});

it('a list ends with the problem of the page that could not be read', async () => {
  const page = (next: string | null) => json(200, { users: [USER], next_cursor: next });
  const { received, open } = await serve(page('next'), problem(403, 'forbidden'));
  const read = async () => {
    const users = [];
    for await (const user of open().users.list({ q: 'ada' })) users.push(user);
    return users;
  };
  await expect(read()).rejects.toMatchObject({ problem: { code: 'forbidden' } });
  expect(received.map(({ url }) => url)).toEqual([
    '/v1/users?q=ada',
    '/v1/users?q=ada&cursor=next',
  ]);
});
