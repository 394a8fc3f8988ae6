import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe } from 'vitest';
import { createRedisCache } from '../../src/infrastructure/cache/redis-cache.ts';
import {
  createRedisClient,
  type RedisSettings,
} from '../../src/infrastructure/cache/redis-client.ts';
import { monotonicMs } from '../../src/infrastructure/system/monotonic.ts';
import { eventually } from '../support/eventually.ts';
import { createSilentLogger } from '../support/logger.ts';
import { startRedis, startRedisCluster, startRedisSentinels } from '../support/redis-server.ts';
import { type CacheBundle, describeCacheContract } from './cache.contract.ts';

interface Started {
  readonly settings: RedisSettings;
  stop(): Promise<void>;
}

let opened = 0;

/** Opens a connected cache with its own key prefix. The deadline is long: this suite does not test time. */
async function open(settings: RedisSettings, leaseTtlMs: number): Promise<CacheBundle> {
  opened += 1;
  const keyPrefix = `contract-${opened}:`;
  const redis = createRedisCache(
    { ...settings, keyPrefix },
    { logger: createSilentLogger(), nowMs: monotonicMs, deadlineMs: 2_000, leaseTtlMs },
  );
  const other = createRedisClient(settings, { deadlineMs: 2_000 });
  await eventually(async () => {
    await redis.health.check(AbortSignal.timeout(1_000));
    const nodes = other instanceof Cluster ? other.nodes('master') : [other];
    await Promise.all(nodes.map((node) => node.ping()));
  });
  return {
    cache: redis.cache,
    async evict(keys) {
      await Promise.all(keys.map((key) => other.del(keyPrefix + key)));
    },
    async close() {
      other.disconnect();
      await redis.close();
    },
  };
}

function describeOn(name: string, start: () => Promise<Started>): void {
  describe(name, () => {
    let started: Started | undefined;
    beforeAll(async () => {
      started = await start();
    });
    afterAll(() => started?.stop());
    describeCacheContract(name, ({ leaseTtlMs }) => {
      if (started === undefined) throw new Error('Redis is not started');
      return open(started.settings, leaseTtlMs);
    });
  });
}

describeOn('the cache on one Redis', startRedis);
describeOn('the cache on a Redis cluster', startRedisCluster);
describeOn('the cache behind Redis sentinels', startRedisSentinels);
