import { expect, onTestFinished, test } from 'vitest';
import { type Api, createApi } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createRecordingLogger } from '../../support/logger.ts';
import { type RedisServer, startRedisSentinels } from '../../support/redis-server.ts';
import { limited, redisEnvironment, sendFrom, useRedis } from './support.ts';

const CLIENT = '198.51.100.7';
const OTHER = '192.0.2.7';
/** Longest response, with the deadline of a command, a cheap hash and pauses of a busy machine. */
const BOUND_MS = 3_000;
const BURST = 10;
/** What one instance allows while Redis is away. */
const FALLBACK = 5;
const BEFORE = 4;

/** Only `policy` can refuse, and it regains nothing while a test runs. */
const only = (policy: string, burst: number) => ({
  [`LIMITS_${policy}_RATE`]: '1',
  [`LIMITS_${policy}_PER`]: '1h',
  [`LIMITS_${policy}_BURST`]: `${burst}`,
});

/** @param counting the Redis that has the counters; they are there from the start of the test */
async function useService(counting: RedisServer, env: Readonly<Record<string, string>>) {
  const logger = createRecordingLogger();
  const app = await useTestApp({
    hashing: 'configured',
    database: 'postgres',
    env: { ...limited, ...env },
    logger,
  });
  const isLogged = (message: string) => logger.lines.some((line) => line.message === message);
  const api = createApi(app);
  await eventually(async () => {
    await sendFrom(api, OTHER, '/v1/sessions', { email: 'other@example.com', password: 'wrong' });
    const keys = (await counting.command('KEYS', '*limit:*')) as readonly string[];
    expect(keys.length, 'limits that Redis counts').toBeGreaterThan(0);
  });
  return { api, isLogged };
}

let guesses = 0;

/** Sends guesses one after the other. @returns how many were judged; the others were refused as `rate_limited` */
async function guess(api: Api, count: number, to?: string): Promise<number> {
  let judged = 0;
  for (let sent = 0; sent < count; sent += 1) {
    guesses += 1;
    const startedAt = performance.now();
    const answer = await sendFrom(api, CLIENT, '/v1/sessions', {
      email: to ?? `stranger${guesses}@example.com`,
      password: `wrong guess ${guesses}`,
    });
    expect(performance.now() - startedAt).toBeLessThan(BOUND_MS);
    expect([401, 429], answer.body).toContain(answer.statusCode);
    if (answer.statusCode === 401) judged += 1;
  }
  return judged;
}

test('an emptied Redis gives back one burst of a limit at most', async () => {
  const redis = await useRedis();
  const { api } = await useService(redis, {
    ...{ ...redisEnvironment(redis), ...only('SIGN_IN_PAIR', 3) },
    LOCKOUT_FREE: '50',
  });
  for (let flush = 0; flush < 3; flush += 1) {
    expect(await guess(api, 6, 'ada@example.com')).toBe(3);
    await redis.command('FLUSHALL');
  }
});

test('an emptied Redis between guesses gives back nothing of the lockout', async () => {
  const redis = await useRedis();
  const { api } = await useService(redis, { ...redisEnvironment(redis), LOCKOUT_STOP: '8' });
  const { email, password } = await api.register();
  let judged = 0;
  for (let sent = 0; sent < 12; sent += 1) {
    judged += await guess(api, 1, email);
    await redis.command('FLUSHALL');
    await api.sql('update sign_in_failures set blocked_until = now() where failures < 8');
  }
  expect(judged).toBe(8);
  const right = await sendFrom(api, CLIENT, '/v1/sessions', { email, password });
  expect(right.statusCode).toBe(429);
});

test.each(['killed', 'frozen'])(
  'while Redis is %s, guesses get the share of one instance and no more',
  async (how) => {
    const redis = await useRedis();
    const { api, isLogged } = await useService(redis, {
      ...redisEnvironment(redis),
      ...only('SIGN_IN_CLIENT', BURST),
    });
    expect(await guess(api, BEFORE)).toBe(BEFORE);
    if (how === 'killed') await redis.kill();
    else redis.freeze();
    expect(await guess(api, 12)).toBe(FALLBACK);
    expect(isLogged('limits are counted in this process')).toBe(true);
    if (how === 'killed') await redis.start();
    else redis.thaw();
    let after = 0;
    await eventually(async () => {
      after += await guess(api, 4);
      expect(isLogged('limits are counted in Redis again')).toBe(true);
    });
    after += await guess(api, 12);
    // A killed Redis has forgotten the guesses before.
    expect(after).toBeLessThanOrEqual(how === 'killed' ? BURST : BURST - BEFORE);
  },
);

test('while sentinels replace a killed primary, guesses get the share of one instance and no more', async () => {
  const { primary, replica, settings, untilPrimary, stop } = await startRedisSentinels();
  onTestFinished(stop);
  const { api, isLogged } = await useService(primary, {
    REDIS_SENTINELS: settings.sentinels.join(','),
    REDIS_SENTINEL_NAME: settings.sentinelName ?? '',
    ...only('SIGN_IN_CLIENT', BURST),
  });
  expect(await guess(api, BEFORE)).toBe(BEFORE);
  // Replication is asynchronous.
  await eventually(
    async () => {
      const [here, there] = await Promise.all(
        [primary, replica].map((server) => server.command('KEYS', '*limit:*')),
      );
      expect([...(there as string[])].toSorted()).toEqual([...(here as string[])].toSorted());
    },
    { what: 'the replica to have the counters' },
  );
  await primary.kill();
  let judged = await guess(api, 12);
  expect(judged).toBe(FALLBACK);
  await untilPrimary(replica);
  await eventually(
    async () => {
      judged += await guess(api, 4);
      expect(isLogged('limits are counted in Redis again')).toBe(true);
    },
    { timeoutMs: 30_000, what: 'limits in the new primary' },
  );
  judged += await guess(api, 12);
  // The new primary has the counters that were copied to it.
  expect(BEFORE + judged).toBe(BURST + FALLBACK);
}, 180_000);
