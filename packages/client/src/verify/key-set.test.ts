import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { createTokenIssuer } from '../../../../test/support/token-issuer.ts';
import { createVerifier, type VerifierState } from '../verify.ts';

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'],
    now: 1_790_000_000_000,
  });
});
afterEach(() => void vi.useRealTimers());

const first = createTokenIssuer('first');
const second = createTokenIssuer('second');

/** An address with a key set, which a test changes. */
function createKeyServer() {
  const server = {
    keys: [first.jwk] as readonly object[],
    headers: { 'cache-control': 'public, max-age=300' } as Record<string, string>,
    /** Status in place of the keys. */
    failure: null as number | null,
    body: null as string | null,
    requests: 0,
  };
  const fetch: typeof globalThis.fetch = async (_, init) => {
    server.requests += 1;
    expect(init?.redirect).toBe('error');
    await Promise.resolve();
    if (server.failure !== null) return new Response('', { status: server.failure });
    const { headers, keys, body } = server;
    return new Response(body ?? JSON.stringify({ keys }), { headers });
  };
  return Object.assign(server, { fetch });
}

async function start(server = createKeyServer()) {
  const states: VerifierState['keys'][] = [];
  const verifier = createVerifier({
    ...{ issuer: first.issuer, audience: 'orders', fetch: server.fetch },
    onChange: ({ keys }) => states.push(keys),
  });
  onTestFinished(() => verifier.close());
  await pass(0);
  const verdict = async (token: string) => {
    const result = await verifier.verify(token);
    if (result.ok) return 'valid';
    return 'reason' in result.problem ? result.problem.reason : result.problem.code;
  };
  return { server, verifier, states, verdict };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

it('fetches the keys again before their age ends, without a check that waits', async () => {
  const { server, verdict, states } = await start();
  expect(server.requests).toBe(1);
  await pass(239_000);
  expect(server.requests).toBe(1);
  await pass(2_000);
  expect(server.requests).toBe(2);
  expect(await verdict(first.token())).toBe('valid');
  expect(states).toEqual(['ready']);
});

it.each([
  ['no-cache', 8_000],
  ['max-age=1', 8_000],
  ['max-age=999999999', 2_880_000],
  ['', 240_000],
])('with Cache-Control %j the next fetch is %d ms later', async (value, ms) => {
  const server = createKeyServer();
  server.headers = { 'cache-control': value };
  await start(server);
  await pass(ms - 10);
  expect(server.requests).toBe(1);
  await pass(20);
  expect(server.requests).toBe(2);
});

it('keeps the last good keys while the issuer is away, and asks less and less often', async () => {
  const { server, verdict, states } = await start();
  server.failure = 503;
  await pass(3_600_000);
  // After the first failure, pauses grow to a minute at most, of which half is random.
  expect(server.requests).toBeGreaterThan(55);
  expect(server.requests).toBeLessThan(130);
  expect(await verdict(first.token())).toBe('valid');
  expect(states).toEqual(['ready', 'outdated']);
  server.failure = null;
  await pass(60_000);
  expect(states).toEqual(['ready', 'outdated', 'ready']);
});

it('is unavailable until the first keys came', async () => {
  const server = createKeyServer();
  server.failure = 500;
  const { verdict, states } = await start(server);
  expect(await verdict(first.token())).toBe('keys');
  server.failure = null;
  await pass(1_000);
  expect(await verdict(first.token())).toBe('valid');
  expect(states.at(-1)).toBe('ready');
});

it('fetches the keys for an unknown kid once in five seconds, however many tokens have one', async () => {
  const { server, verdict } = await start();
  await pass(5_000);
  server.keys = [first.jwk, second.jwk];
  const tokens = Array.from({ length: 20 }, () => second.token());
  expect(new Set(await Promise.all(tokens.map(verdict)))).toEqual(new Set(['valid']));
  expect(server.requests).toBe(2);
  const third = createTokenIssuer('third');
  for (let second = 0; second < 4; second += 1) {
    expect(await verdict(third.token())).toBe('unknown_key');
    await pass(1_000);
  }
  expect(server.requests).toBe(2);
  await pass(1_000);
  expect(await verdict(third.token())).toBe('unknown_key');
  expect(server.requests).toBe(3);
});

it('does not say that a token is invalid while its key may be one that could not be fetched', async () => {
  const { server, verdict } = await start();
  await pass(5_000);
  server.failure = 502;
  expect(await verdict(second.token())).toBe('keys');
  expect(await verdict(second.token())).toBe('keys');
  expect(server.requests).toBe(2);
});

it('forgets the tokens of a key that has left the set, or was replaced under its kid', async () => {
  const { server, verdict } = await start();
  const token = first.token();
  expect(await verdict(token)).toBe('valid');
  server.keys = [{ ...second.jwk, kid: 'first' }];
  await pass(241_000);
  expect(await verdict(token)).toBe('signature');
  server.keys = [second.jwk];
  await pass(241_000);
  expect(await verdict(token)).toBe('unknown_key');
});

it.each([
  ['no JSON', '<html>'],
  ['no keys', '{"keys":[]}'],
  ['no list', '{"keys":{}}'],
  ['another document', 'null'],
  ['too much', `{"keys":[${' '.repeat(300_000)}]}`],
])('takes no answer that has %s', async (_, body) => {
  const { server, verdict } = await start();
  server.body = body;
  await pass(241_000);
  expect(server.requests).toBeGreaterThan(1);
  expect(await verdict(first.token())).toBe('valid');
});

it('reads a hundred keys at most', async () => {
  const server = createKeyServer();
  server.keys = [...Array.from({ length: 100 }, (_, index) => ({ kid: `x${index}` })), first.jwk];
  const { verdict } = await start(server);
  expect(await verdict(first.token())).toBe('keys');
});

it('asks no more after close, and is not ready', async () => {
  const { server, verifier } = await start();
  await verifier.close();
  await pass(3_600_000);
  expect(server.requests).toBe(1);
  expect(verifier.verify(first.token())).toMatchObject({ ok: true });
});

it('refuses options that can never work', () => {
  const make = (changes: object) => () =>
    createVerifier({ issuer: first.issuer, audience: 'orders', ...changes });
  const access = { url: 'http://127.0.0.1:1', key: 'usk_x' };
  expect(make({ issuer: '' })).toThrow('issuer');
  expect(make({ audience: [] })).toThrow('audience');
  expect(make({ jwksUrl: '/jwks.json' })).toThrow('jwksUrl');
  expect(make({ clockToleranceSeconds: 61 })).toThrow('clockToleranceSeconds: 0 to 60');
  expect(make({ maxCachedTokens: -1 })).toThrow('maxCachedTokens');
  expect(make({ onStale: 'allow' })).toThrow('onStale');
  expect(make({ revocations: {} })).toThrow('revocations: http or nats');
  expect(make({ revocations: { http: access, maxStalenessMs: 10 } })).toThrow('maxStalenessMs');
  expect(make({ revocations: { http: { ...access, url: 'service' } } })).toThrow('url');
  expect(make({ revocations: { nats: {} }, onStale: 'introspect' })).toThrow('introspection');
});
