import { Cluster } from 'ioredis';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Bucket, RateLimiter } from '../../src/domain/limits/rate-limiter.ts';
import { createRedisCache } from '../../src/infrastructure/cache/redis-cache.ts';
import {
  createRedisClient,
  type RedisSettings,
} from '../../src/infrastructure/cache/redis-client.ts';
import { createFallbackRateLimiter } from '../../src/infrastructure/limits/fallback-rate-limiter.ts';
import { createMemoryRateLimiter } from '../../src/infrastructure/limits/memory-rate-limiter.ts';
import { monotonicMs } from '../../src/infrastructure/system/monotonic.ts';
import { eventually } from '../support/eventually.ts';
import { createRecordingLogger, createSilentLogger } from '../support/logger.ts';
import { type RedisServer, startRedis, startRedisCluster } from '../support/redis-server.ts';

let opened = 0;

/** A connected limiter with its own prefix, which ends with the test. */
async function useLimiter(settings: RedisSettings, deadlineMs = 2_000): Promise<RateLimiter> {
  opened += 1;
  const redis = createRedisCache(
    { ...settings, keyPrefix: `limits-${opened}:` },
    { logger: createSilentLogger(), nowMs: monotonicMs, deadlineMs },
  );
  onTestFinished(() => redis.close());
  await eventually(() => redis.health.check(AbortSignal.timeout(1_000)));
  return redis.limiter;
}

/** A bucket that regains nothing while a test runs. */
const slow = (key: string, burst: number): Bucket => ({
  key,
  intervalUs: 3_600_000_000,
  burst,
  cost: 1,
});

const admits = async (limiter: RateLimiter, ...buckets: Bucket[]): Promise<boolean> =>
  (await limiter.take(buckets)).every(({ waitUs }) => waitUs === 0);

describe('limits on Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
    return () => server.stop();
  });

  test('200 parallel calls of two instances admit exactly what all of their limits allow', async () => {
    opened += 1;
    const keyPrefix = `shared-${opened}:`;
    const instances = await Promise.all(
      [1, 2].map(async () => {
        const redis = createRedisCache(
          { ...server.settings, keyPrefix },
          { logger: createSilentLogger(), nowMs: monotonicMs, deadlineMs: 10_000 },
        );
        onTestFinished(() => redis.close());
        await eventually(() => redis.health.check(AbortSignal.timeout(1_000)));
        return redis.limiter;
      }),
    );
    const calls = Array.from({ length: 200 }, (_, index) => {
      const limiter = instances[index % 2];
      if (limiter === undefined) throw new Error('two instances');
      return admits(limiter, slow('all', 70), slow(`client ${index % 4}`, 20), slow('wide', 90));
    });
    const admitted = (await Promise.all(calls)).filter(Boolean);
    expect(admitted).toHaveLength(70);
    // The refused ones took nothing from the widest limit.
    const [first] = instances;
    const [state] = (await first?.take([slow('wide', 90)])) ?? [];
    expect(Math.round((state?.fillUs ?? 0) / 3_600_000_000)).toBe(71);
  });

  test('a refused request takes nothing, and tells the time to wait on the clock of the server', async () => {
    const limiter = await useLimiter(server.settings);
    const [narrow, wide] = [slow('narrow', 1), slow('wide', 2)];
    expect(await admits(limiter, narrow, wide)).toBe(true);
    const [refused, fitting] = await limiter.take([narrow, wide]);
    expect(refused?.waitUs).toBeGreaterThan(3_590_000_000);
    expect(refused?.waitUs).toBeLessThanOrEqual(3_600_000_000);
    expect(fitting?.waitUs).toBe(0);
    expect(await admits(limiter, wide)).toBe(true);
    expect(await admits(limiter, wide)).toBe(false);
  });

  test('a server that has forgotten the script gets it again', async () => {
    const limiter = await useLimiter(server.settings);
    expect(await admits(limiter, slow('k', 2))).toBe(true);
    await server.command('SCRIPT', 'FLUSH');
    expect(await admits(limiter, slow('k', 2))).toBe(true);
    expect(await admits(limiter, slow('k', 2))).toBe(false);
  });

  test('every key expires when its bucket is full again', async () => {
    const limiter = await useLimiter(server.settings);
    await limiter.take([slow('expiring', 5)]);
    const ttl = Number(await server.command('PTTL', `limits-${opened}:limit:expiring`));
    expect(ttl).toBeGreaterThan(3_590_000);
    expect(ttl).toBeLessThanOrEqual(3_600_000);
  });

  test('a time that a clock left far in the future is cut to a full bucket', async () => {
    const limiter = await useLimiter(server.settings);
    await server.command('SET', `limits-${opened}:limit:ahead`, '9000000000000000');
    const [state] = await limiter.take([{ ...slow('ahead', 3), intervalUs: 1_000 }]);
    expect(state?.waitUs).toBe(1_000);
  });
});

test.each(['killed', 'frozen'])(
  'while Redis is %s, this process counts at its share, and the log has two lines',
  async (kind) => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const shared = await useLimiter(server.settings, 100);
    const logger = createRecordingLogger();
    const local = createMemoryRateLimiter({ nowMs: () => 0, maxKeys: 10 });
    // The clock advances with each reading: the quiet second before the recovery passes at once.
    let nowMs = 0;
    const limiter = createFallbackRateLimiter({
      ...{ shared, local, logger, share: 0.5, monotonicMs: () => (nowMs += 2_000) },
    });
    expect(await admits(limiter, slow('k', 10))).toBe(true);
    if (kind === 'killed') await server.kill();
    else server.freeze();
    const admitted = [];
    for (let count = 0; count < 12; count += 1) admitted.push(await admits(limiter, slow('k', 10)));
    expect(admitted.filter(Boolean)).toHaveLength(5);
    expect(limiter.fallbacks()).toBe(12);
    if (kind === 'killed') await server.start();
    else server.thaw();
    await eventually(async () => {
      await limiter.take([slow('other', 1_000)]);
      expect(logger.lines.map(({ message }) => message)).toEqual([
        'limits are counted in this process',
        'limits are counted in Redis again',
      ]);
    });
  },
);

test('on a cluster each key counts in a call of its own, and the limits hold', async () => {
  const cluster = await startRedisCluster();
  onTestFinished(() => cluster.stop());
  const probe = createRedisClient(cluster.settings, { deadlineMs: 2_000 });
  onTestFinished(() => probe.disconnect());
  await eventually(async () => {
    const nodes = probe instanceof Cluster ? probe.nodes('master') : [];
    expect(nodes).toHaveLength(3);
    await Promise.all(nodes.map((node) => node.ping()));
  });
  const limiter = await useLimiter(cluster.settings);
  const keys = ['a', 'b', 'c', 'd'].map((key) => slow(key, 3));
  const admitted = await Promise.all(Array.from({ length: 20 }, () => admits(limiter, ...keys)));
  expect(admitted.filter(Boolean)).toHaveLength(3);
});
