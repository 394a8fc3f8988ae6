import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { createTokenIssuer } from '../../../../test/support/token-issuer.ts';
import { createVerifier, type StalePolicy, type VerifierState } from '../verify.ts';

const START = 1_790_000_000;

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'],
    now: START * 1_000,
  });
});
afterEach(() => void vi.useRealTimers());

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const issuer = createTokenIssuer('key');

/** A service with a feed that the test writes: the whole set, and what waits are answered with. */
function createFeed() {
  const feed = {
    entries: [] as readonly object[],
    /** The last line of the whole set; null cuts it off before. */
    position: 'p1' as string | null,
    /** How a request that waits is answered; it is the service's behavior by default. */
    follow: null as ((after: string, wait: string | null) => Response | Promise<Response>) | null,
    failure: null as number | null,
    loads: 0,
    follows: [] as string[],
    introspected: 0,
    /** Ends the request that waits. */
    wake: (_lines: readonly object[], _next: string): void => undefined,
  };
  const lines = (records: readonly unknown[]) =>
    records.map((one) => `${typeof one === 'string' ? one : JSON.stringify(one)}\n`).join('');
  const page = (records: readonly unknown[], next: string) =>
    new Response(lines(records), {
      headers: { link: `</v1/revocations?after=${next}&wait=25s>; rel="next"` },
    });
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(String(input));
    if (url.pathname.endsWith('jwks.json')) return Response.json({ keys: [issuer.jwk] });
    if (url.pathname === '/v1/tokens/introspect') {
      feed.introspected += 1;
      return Response.json({ active: false });
    }
    expect(url.pathname).toBe('/v1/revocations');
    expect(new Headers(init?.headers).get('authorization')).toBe('Bearer usk_key');
    if (feed.failure !== null) return new Response('', { status: feed.failure });
    const after = url.searchParams.get('after');
    if (after === null) {
      feed.loads += 1;
      const end = feed.position === null ? [] : [{ position: feed.position }];
      return new Response(lines([...feed.entries, ...end]));
    }
    feed.follows.push(after);
    const wait = url.searchParams.get('wait');
    if (feed.follow !== null) return feed.follow(after, wait);
    return new Promise((resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      feed.wake = (records, next) => resolve(page(records, next));
      setTimeout(() => resolve(page([], after)), Number.parseInt(wait ?? '', 10));
    });
  };
  return Object.assign(feed, { fetch, page });
}

async function start(
  feed: ReturnType<typeof createFeed>,
  onStale: StalePolicy = 'fail_closed',
  bounds: { readonly maxEntries?: number } = {},
) {
  const states: VerifierState['revocations'][] = [];
  const verifier = createVerifier({
    ...{ issuer: issuer.issuer, audience: 'orders', fetch: feed.fetch, onStale },
    revocations: { http: { url: 'https://accounts.example.com/', key: 'usk_key' }, ...bounds },
    onChange: ({ revocations }) => {
      if (revocations !== 'loading' && states.at(-1) !== revocations) states.push(revocations);
    },
  });
  onTestFinished(() => verifier.close());
  await pass(10);
  const verdict = async (token: string) => {
    const result = await verifier.verify(token);
    if (result.ok) return 'valid';
    return 'reason' in result.problem ? result.problem.reason : result.problem.code;
  };
  return { verifier, states, verdict };
}

const sessionOf = (token: string): string =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid;
const ended = (token: string, until = START + 720) => ({
  ...{ kind: 'session', id: sessionOf(token), not_before: START, until },
});

it('knows the whole set, then each revocation as it comes', async () => {
  const feed = createFeed();
  const [before, later] = [issuer.token(), issuer.token()];
  feed.entries = [ended(before)];
  const { verifier, verdict, states } = await start(feed);
  expect(await verdict(before)).toBe('revoked');
  expect(await verdict(later)).toBe('valid');
  feed.wake([ended(later)], 'p2');
  await pass(0);
  expect(await verdict(later)).toBe('revoked');
  expect(feed.follows).toEqual(['p1', 'p2']);
  expect(states).toEqual(['fresh']);
  expect(verifier.stats().feed).toMatchObject({ state: 'fresh', entries: 2, loads: 1 });
});

it('asks again before the answer is too old, and waits no longer than half of that', async () => {
  const feed = createFeed();
  const { verdict } = await start(feed);
  await pass(60_000);
  expect(feed.follows).toHaveLength(24 + 1);
  expect(await verdict(issuer.token())).toBe('valid');
});

it.each([
  ['fail_closed', 'revocations', 0],
  ['allow_until_exp', 'valid', 0],
  ['introspect', 'revoked', 1],
] as const)(
  'decides by %s once the feed has said nothing for five seconds',
  async (policy, verdictWhenStale, asked) => {
    const feed = createFeed();
    const gone = issuer.token();
    feed.entries = [ended(gone)];
    const { verdict, states } = await start(feed, policy);
    const token = issuer.token();
    expect(await verdict(token)).toBe('valid');
    feed.failure = 503;
    feed.follow = () => new Response('', { status: 503 });
    await pass(8_000);
    expect(await verdict(token)).toBe(verdictWhenStale);
    expect(feed.introspected).toBe(asked);
    // What is known stays known.
    expect(await verdict(gone)).toBe('revoked');
    expect(states).toEqual(['fresh', 'stale']);
    feed.failure = null;
    feed.follow = null;
    await pass(5_000);
    await pass(2_500);
    expect(await verdict(token)).toBe('valid');
    expect(states).toEqual(['fresh', 'stale', 'fresh']);
  },
);

it('is stale at once after a pause of the process, before any timer runs', async () => {
  const feed = createFeed();
  const { verdict } = await start(feed);
  const token = issuer.token();
  expect(await verdict(token)).toBe('valid');
  const now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now + 6_000);
  const told = await verdict(token);
  clock.mockRestore();
  expect(told).toBe('revocations');
});

it('lets a request wait for the first load, and no longer than a feed may be silent', async () => {
  const feed = createFeed();
  feed.failure = 500;
  const { verdict } = await start(feed);
  const waiting = verdict(issuer.token());
  feed.failure = null;
  await pass(1_000);
  expect(await waiting).toBe('valid');

  const silent = createFeed();
  silent.failure = 500;
  const other = await start(silent);
  let told = '';
  void other.verdict(issuer.token()).then((verdict) => {
    told = verdict;
  });
  await pass(4_900);
  expect(told).toBe('');
  await pass(200);
  expect(told).toBe('revocations');
});

it('does not take a set for whole that ends without its position', async () => {
  const feed = createFeed();
  feed.position = null;
  const { verifier, verdict } = await start(feed);
  await pass(6_000);
  expect(feed.loads).toBeGreaterThan(2);
  expect(await verdict(issuer.token())).toBe('revocations');
  expect(verifier.stats().feed?.lastError).toContain('not complete');
});

it('reads the whole set again and replaces its own after 410', async () => {
  const feed = createFeed();
  const [before, later] = [issuer.token(), issuer.token()];
  feed.entries = [ended(before)];
  feed.follow = (after) =>
    after === 'p1' ? new Response('', { status: 410 }) : feed.page([], after);
  const { verdict } = await start(feed);
  expect(await verdict(before)).toBe('revoked');
  // The set of the other copy of the database.
  feed.entries = [ended(later)];
  await pass(10_000);
  expect(feed.loads).toBeGreaterThan(1);
  expect(await verdict(before)).toBe('valid');
  expect(await verdict(later)).toBe('revoked');
});

it('asks with pauses when every position is gone', async () => {
  const feed = createFeed();
  feed.follow = () => new Response('', { status: 410 });
  await start(feed);
  await pass(60_000);
  expect(feed.loads).toBeLessThan(150);
});

it('is not fresh before the last of several pages', async () => {
  const feed = createFeed();
  const { verdict } = await start(feed);
  const page = () =>
    Array.from({ length: 1_000 }, () => ({
      ...{ kind: 'session', id: randomUUID(), not_before: START, until: START + 720 },
    }));
  let left = 100;
  feed.follow = async (after) => {
    left -= 1;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return feed.page(left > 0 ? page() : [], `${after}x`);
  };
  feed.wake(page(), 'p2');
  await pass(6_000);
  expect(await verdict(issuer.token())).toBe('revocations');
  await pass(5_000);
  expect(await verdict(issuer.token())).toBe('valid');
});

it('decides by policy while the set is full, and reads it again when entries have ended', async () => {
  const feed = createFeed();
  const tokens = Array.from({ length: 4 }, () => issuer.token({ exp: START + 3_600 }));
  feed.entries = tokens.slice(0, 3).map((token) => ended(token, START + 20));
  const { verifier, verdict } = await start(feed, 'fail_closed', { maxEntries: 3 });
  const other = issuer.token({ exp: START + 3_600 });
  expect(await verdict(other)).toBe('valid');
  feed.wake([ended(tokens[3] ?? '')], 'p2');
  await pass(10);
  expect(await verdict(other)).toBe('revocations');
  expect(await verdict(tokens[0] ?? '')).toBe('revoked');
  expect(verifier.stats().feed).toMatchObject({ isFull: true, state: 'stale', entries: 3 });
  expect(feed.loads).toBe(1);
  feed.entries = [ended(tokens[3] ?? '')];
  await pass(31_000);
  expect(feed.loads).toBe(2);
  expect(await verdict(other)).toBe('valid');
  expect(await verdict(tokens[3] ?? '')).toBe('revoked');
});

it.each([
  ['a line that is no JSON', '{"kind":'],
  ['a record that is no revocation', '{"hello":1}'],
  ['an entry without an id', '{"kind":"session","id":null,"not_before":1,"until":2}'],
  ['a line that is too long', `{"kind":"${'x'.repeat(5_000)}"}`],
])('does not trust a feed with %s', async (_, line) => {
  const feed = createFeed();
  const { verdict } = await start(feed);
  feed.follow = (after) => feed.page([line], `${after}x`);
  feed.wake([], 'p2');
  await pass(6_000);
  expect(await verdict(issuer.token())).toBe('revocations');
});

it('does not ask a service all the time that repeats itself or does not wait', async () => {
  const feed = createFeed();
  const { verdict } = await start(feed);
  feed.follow = (after) => feed.page([], after);
  await pass(60_000);
  expect(feed.follows.length).toBeLessThan(320);
  expect(await verdict(issuer.token())).toBe('valid');
  const token = issuer.token();
  feed.follow = (after) => feed.page([ended(token)], after);
  await pass(60_000);
  expect(feed.follows.length).toBeLessThan(360);
  expect(await verdict(issuer.token())).toBe('revocations');
});

it('leaves out kinds that it does not know', async () => {
  const feed = createFeed();
  feed.entries = [{ kind: 'device', id: 'x', not_before: START, until: START + 720 }];
  const { verdict } = await start(feed);
  expect(await verdict(issuer.token())).toBe('valid');
});

it('accepts tokens of services whatever the feed says', async () => {
  const feed = createFeed();
  feed.failure = 500;
  const { verdict } = await start(feed);
  const id = randomUUID();
  const token = issuer.token({ sid: undefined, sub: id, client_id: id, key_id: randomUUID() });
  expect(await verdict(token)).toBe('valid');
});

it.each([-60, 60])(
  'with a clock %d s from that of the service, tokens and revocations hold',
  async (skew) => {
    const feed = createFeed();
    // Issued and revoked by the clock of the service, in the same second.
    const atSecond = START - skew;
    const [token, later] = [
      issuer.token({ iat: atSecond, exp: atSecond + 600 }),
      issuer.token({ iat: atSecond + 1, exp: atSecond + 601 }),
    ];
    const { sub } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    feed.entries = [{ kind: 'user', id: sub, not_before: atSecond, until: atSecond + 720 }];
    const { verdict } = await start(feed);
    expect(await verdict(token)).toBe('revoked');
    expect(await verdict(later)).toBe('valid');
    // Revoked for as long as it would be accepted, by the clock of the verifier.
    await pass((600 + 60 - skew - 1) * 1_000);
    expect(await verdict(token)).toBe('revoked');
    await pass(2_000);
    expect(await verdict(token)).toBe('expired');
  },
);
