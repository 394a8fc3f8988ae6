import type { Config } from '../config/schema.ts';
import type { HealthCheck, Logger } from '../domain/ports.ts';
import type { UserReader } from '../domain/user/user-repository.ts';
import type { UserTextFormat } from '../domain/user/user-texts.ts';
import {
  type CachedUserReader,
  createCachedUserReader,
} from '../infrastructure/cache/cached-user-reader.ts';
import {
  createMemoryCache,
  createMemoryCacheHealthCheck,
} from '../infrastructure/cache/memory-cache.ts';
import type { RedisCache } from '../infrastructure/cache/redis-cache.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';
import type { Tracing } from '../infrastructure/tracing/tracing.ts';
import type { ReleaseStack } from '../lib/release-stack.ts';

const MAX_CACHE_ENTRIES = 50_000;
/** Longest life of a cached user, in milliseconds. */
export const CACHE_TTL_MS = 300_000;
/** Longer than any database read takes, in milliseconds. */
const CACHE_LEASE_MS = 10_000;

export interface UserCache {
  readonly reader: CachedUserReader;
  readonly health: HealthCheck;
  /** Null when the cache is in this process. */
  readonly redis: RedisCache | null;
}

/** Opens the cache on Redis if configured, else in this process. Redis may be down: reads then go to the database. */
export async function openUserCache(
  config: Config,
  deps: {
    readonly source: UserReader;
    readonly format: UserTextFormat;
    readonly emailKeySecret: Uint8Array;
    readonly logger: Logger;
    readonly tracing: Tracing | null;
  },
  releases: ReleaseStack,
): Promise<UserCache> {
  const { source, format, emailKeySecret, logger } = deps;
  if (config.redis.driver === 'redis') {
    const { password, ...settings } = config.redis;
    const { createRedisCache } = await import('../infrastructure/cache/redis-cache.ts');
    const redis = createRedisCache(
      { ...settings, password: password?.reveal() },
      { logger, nowMs: monotonicMs },
    );
    releases.register('the Redis connections', () => redis.close());
    const reader = createCachedUserReader({
      ...{ source, format },
      emailKeySecret,
      cache: deps.tracing?.cache(redis.cache) ?? redis.cache,
      ttlMs: CACHE_TTL_MS,
      logger,
    });
    return { reader, health: redis.health, redis };
  }
  const cache = createMemoryCache({
    maxEntries: MAX_CACHE_ENTRIES,
    leaseTtlMs: CACHE_LEASE_MS,
    nowMs: monotonicMs,
  });
  const reader = createCachedUserReader({
    ...{ source, format },
    emailKeySecret,
    cache,
    ttlMs: CACHE_TTL_MS,
    logger,
  });
  return { reader, health: createMemoryCacheHealthCheck(cache), redis: null };
}
