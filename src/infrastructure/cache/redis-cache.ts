import type { HealthCheck, Logger } from '../../domain/ports.ts';
import { createCircuitBreaker, type Permit } from '../../lib/circuit-breaker.ts';
import type { Cache } from './cache.ts';
import { createPendingInvalidations } from './pending-invalidations.ts';
import {
  type ConnectionListener,
  createRedisClient,
  endRedisClient,
  type RedisClient,
  type RedisSettings,
} from './redis-client.ts';
import { createRedisCommands } from './redis-commands.ts';
import { createRedisDeadline, NOT_CONNECTED, serversOf } from './redis-deadline.ts';

/** What the cache is made with. */
export interface RedisCacheDeps {
  readonly logger: Logger;
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** How long one step may take, in milliseconds, whatever Redis does. */
  readonly deadlineMs?: number;
  /** How long a lease keeps other loaders away when its holder never fills, in milliseconds. */
  readonly leaseTtlMs?: number;
}

/** Numbers since the start. */
export interface RedisCacheStats {
  readonly hits: number;
  readonly misses: number;
  /** Look-ups that found another's lease, or were not made: the breaker open, or the cache stalled or not to be believed. */
  readonly bypasses: number;
  /** Values that were not kept since their lease was gone. */
  readonly refusedFills: number;
  /** Steps that failed; one may look up or fill many keys. */
  readonly errors: number;
  readonly breakerOpenings: number;
  readonly breakerOpen: boolean;
  /** Invalidations of a long outage that were given up for their bound. */
  readonly droppedInvalidations: number;
}

/** A cache on Redis, and what its owner needs besides. */
export interface RedisCache {
  readonly cache: Cache;
  readonly health: HealthCheck;
  stats(): RedisCacheStats;
  /** Ends the connections. Commands after it fail. */
  close(): Promise<void>;
}

const DEADLINE_MS = 75;
/** Longer than a read of the database may take; a value that is loaded later is not kept. */
const LEASE_TTL_MS = 10_000;
/**
 * For so long after a connection came back its values are not believed: longer than any other instance waits before it
 * connects again and repeats the invalidations that it could not deliver.
 */
const SETTLE_MS = 1_500;

/**
 * A cache on Redis 5 or newer: one node, Sentinel or Cluster. A key holds `v` and a value, or `l` and the token of a
 * lease, and nothing for ever.
 *
 * It connects in the background and needs no server to start. Steps fail after the deadline, at once without a
 * connection, and look-ups and fills at once while the breaker is open or the server stalled. An invalidation that failed is repeated until
 * Redis has it, and its key is not believed meanwhile.
 * @throws when a TLS file cannot be read.
 */
export function createRedisCache(settings: RedisSettings, deps: RedisCacheDeps): RedisCache {
  const { logger, nowMs, deadlineMs = DEADLINE_MS, leaseTtlMs = LEASE_TTL_MS } = deps;
  const counts = { hits: 0, misses: 0, bypasses: 0, refusedFills: 0, errors: 0 };
  const breaker = createCircuitBreaker({
    nowMs,
    onChange: (isOpen) =>
      isOpen
        ? logger.warn('the breaker of the cache opened; reads go to the database')
        : logger.info('the breaker of the cache closed'),
  });
  const connection = { lost: false, believedFromMs: 0 };
  const listener: ConnectionListener = {
    onLost() {
      connection.lost = true;
    },
    onReady() {
      if (!connection.lost) return;
      connection.lost = false;
      connection.believedFromMs = nowMs() + SETTLE_MS;
      invalidations.repeatRecent();
    },
  };
  const client = createRedisClient(settings, { deadlineMs, listener });
  const deadline = createRedisDeadline(client, { nowMs, deadlineMs });
  const invalidations = createPendingInvalidations({
    nowMs,
    remove: (keys) => deadline.inTime(() => removeAll(client, keys)),
  });

  /** Makes one step, counts how it ended, and tells the breaker. */
  async function take<T>(permit: Permit | null, keys: number, step: () => Promise<T>): Promise<T> {
    if (permit === null) {
      counts.bypasses += keys;
      throw UNAVAILABLE;
    }
    try {
      const result = await step();
      breaker.record(permit, true);
      return result;
    } catch (error) {
      counts.errors += 1;
      // A refusal is an answer, and costs no time that the breaker could save.
      breaker.record(permit, isReply(error));
      throw error;
    }
  }

  return {
    cache: createRedisCommands({
      client,
      counts,
      leaseTtlMs,
      prefix: settings.keyPrefix,
      isSettled: () => nowMs() >= connection.believedFromMs,
      isPending: (key) => invalidations.has(key),
      isGuarded: () => breaker.isOpen(),
      guard: (keys, step) =>
        take(deadline.isStalled() ? null : breaker.acquire(), keys, () => deadline.inTime(step)),
      // Sent and waited for even while the breaker is open: a server that answers others again must not keep an old
      // value beyond the acknowledgement of the write.
      invalidate: (keys) =>
        take(breaker.acquire() ?? 'normal', keys.length, () => invalidations.deliver(keys)),
    }),
    health: createHealth(client),
    stats: () => ({
      ...counts,
      breakerOpenings: breaker.openings(),
      breakerOpen: breaker.isOpen(),
      droppedInvalidations: invalidations.dropped(),
    }),
    async close() {
      await invalidations.flush();
      invalidations.close();
      endRedisClient(client);
    },
  };
}

/** Without a stack of its own: it is thrown for each look-up of an outage. */
const UNAVAILABLE = new Error('the cache is not asked, since it failed lately');

/** One command a key: keys of one command would have to share a slot. */
async function removeAll(client: RedisClient, keys: readonly string[]): Promise<void> {
  await Promise.all(keys.map((key) => client.del(key)));
}

function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

function createHealth(client: RedisClient): HealthCheck {
  return {
    name: 'cache',
    driver: 'redis',
    required: false,
    async check(signal) {
      signal.throwIfAborted();
      if (client.status !== 'ready') throw NOT_CONNECTED;
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
      await Promise.race([Promise.all(serversOf(client).map((one) => one.ping())), aborted]);
    },
  };
}
