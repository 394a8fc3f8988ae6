import type { RateLimiter } from '../../domain/limits/rate-limiter.ts';
import type { HealthCheck, Logger } from '../../domain/ports.ts';
import { untilAborted } from '../../lib/deadline.ts';
import { createRedisRateLimiter } from '../limits/redis-rate-limiter.ts';
import type { Cache } from './cache.ts';
import { createPendingInvalidations } from './pending-invalidations.ts';
import {
  createRedisClient,
  endRedisClient,
  firstAddress,
  type RedisClient,
  type RedisSettings,
} from './redis-client.ts';
import { createRedisCommands, type RedisCommandsStats } from './redis-commands.ts';
import { createRedisCondition, type RedisCondition } from './redis-condition.ts';
import { createRedisGuard } from './redis-guard.ts';

export interface RedisCacheDeps {
  readonly logger: Logger;
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** Longest wait for one command in milliseconds, in any state of Redis; 75 by default. */
  readonly deadlineMs?: number;
  /** Life of a lease whose holder never fills, in milliseconds; 10,000 by default. */
  readonly leaseTtlMs?: number;
}

/** Counts since the start. */
export interface RedisCacheStats extends RedisCommandsStats {
  /** Keys that met another reader's lease, whose value is not trusted, or whose command was not sent. */
  readonly bypasses: number;
  /** Commands that failed; one may look up or fill many keys. */
  readonly errors: number;
  readonly breakerOpenings: number;
  readonly breakerOpen: boolean;
  /** Pending invalidations that were dropped at their bound during a long outage. */
  readonly droppedInvalidations: number;
}

export interface RedisCache {
  readonly cache: Cache;
  /** Rejects while Redis is slow or away. */
  readonly limiter: RateLimiter;
  readonly health: HealthCheck;
  stats(): RedisCacheStats;
  /** Repeats pending invalidations once, then closes the connections. Later commands fail. */
  close(): Promise<void>;
}

const DEADLINE_MS = 75;
/** Longer than a read of the database may take; a value that is loaded later is not kept. */
const LEASE_TTL_MS = 10_000;

/**
 * A cache on Redis 5 or newer: one node, Sentinel or Cluster. A key holds `v` and a value, or `l` and the token of a
 * lease; every key expires.
 *
 * It connects in the background and starts without a server. A failed invalidation is repeated until Redis acknowledges
 * it, and the key's cached value is not trusted meanwhile. `RedisGuard` says when a command fails without being sent.
 * @throws when a TLS file cannot be read.
 */
export function createRedisCache(settings: RedisSettings, deps: RedisCacheDeps): RedisCache {
  const { logger, nowMs, deadlineMs = DEADLINE_MS, leaseTtlMs = LEASE_TTL_MS } = deps;
  const client = createRedisClient(settings, { deadlineMs });
  const condition = createRedisCondition({
    ...{ client, settings, logger },
    address: firstAddress(settings),
    prefix: settings.keyPrefix,
  });
  const guard = createRedisGuard(client, {
    ...{ logger, nowMs, deadlineMs },
    onErrorReply: (error) => condition.reportErrorReply(error),
  });
  const invalidations = createPendingInvalidations({
    nowMs,
    guard,
    deleteKeys: (keys) => deleteKeys(client, keys),
  });
  const prefix = settings.keyPrefix;
  const commands = createRedisCommands({ client, guard, invalidations, leaseTtlMs, prefix });
  return {
    cache: commands.cache,
    limiter: createRedisRateLimiter({ client, guard, prefix }),
    health: createHealthCheck(condition),
    stats() {
      const counts = commands.stats();
      const { rejectedKeys, ...guarded } = guard.stats();
      return {
        ...counts,
        ...guarded,
        bypasses: counts.bypasses + rejectedKeys,
        droppedInvalidations: invalidations.dropped(),
      };
    },
    async close() {
      await invalidations.flush();
      invalidations.close();
      condition.close();
      endRedisClient(client);
    },
  };
}

/** One command per key: keys of one command would have to share a cluster slot. */
async function deleteKeys(client: RedisClient, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => client.del(key)));
}

function createHealthCheck(condition: RedisCondition): HealthCheck {
  return {
    name: 'cache',
    driver: 'redis',
    required: false,
    async check(signal) {
      await untilAborted(signal, () => condition.check());
    },
  };
}
