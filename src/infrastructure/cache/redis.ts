import { randomBytes } from 'node:crypto';
import { Cluster } from 'ioredis';
import type { Cache, CacheLookup, HealthCheck, Logger } from '../../domain/ports.ts';
import { createCircuitBreaker, type Passage } from '../../lib/circuit-breaker.ts';
import { createPendingInvalidations } from './pending-invalidations.ts';
import {
  type ConnectionListener,
  createRedisClient,
  type RedisClient,
  type RedisSettings,
} from './redis-client.ts';
import { createRedisScript } from './redis-script.ts';

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
  /** Look-ups that found another's lease, or were not made: the breaker was open, or the cache not to be believed. */
  readonly bypasses: number;
  /** Values that were not kept since their lease was gone. */
  readonly refusedFills: number;
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

const VALUE = 'v';
const LEASE = 'l';

const TAKE_LEASE = `
local held = redis.call('GET', KEYS[1])
if held then return held end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return false`;

const FILL = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

/**
 * A cache on Redis 5 or newer: one node, Sentinel or Cluster. A key holds `v` and a value, or `l` and the token of a
 * lease, and nothing for ever. Every script touches one key, so any slot will do.
 *
 * It connects in the background and needs no server to start. Steps fail after the deadline, at once without a
 * connection, and look-ups and fills at once while the breaker is open. An invalidation that failed is repeated until
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
  const invalidations = createPendingInvalidations({
    nowMs,
    remove: (keys) => inTime(client, deadlineMs, () => removeAll(client, keys)),
  });

  /** Makes one step, counts how it ended, and tells the breaker. */
  async function take<T>(passage: Passage | null, step: () => Promise<T>): Promise<T> {
    if (passage === null) {
      counts.bypasses += 1;
      throw UNAVAILABLE;
    }
    try {
      const result = await step();
      breaker.leave(passage, true);
      return result;
    } catch (error) {
      counts.errors += 1;
      // A refusal is an answer, and costs no time that the breaker could save.
      breaker.leave(passage, isReply(error));
      throw error;
    }
  }

  return {
    cache: createCache({
      client,
      counts,
      leaseTtlMs,
      prefix: settings.keyPrefix,
      isBelieved: (key) => !invalidations.has(key) && nowMs() >= connection.believedFromMs,
      read: (step) => take(breaker.enter(), () => inTime(client, deadlineMs, step)),
      // Sent and waited for even while the breaker is open: a server that answers others again must not keep an old
      // value beyond the acknowledgement of the write.
      invalidate: (keys) => take(breaker.enter() ?? 'normal', () => invalidations.deliver(keys)),
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
      client.disconnect();
    },
  };
}

interface Steps {
  readonly client: RedisClient;
  readonly counts: { hits: number; misses: number; bypasses: number; refusedFills: number };
  readonly leaseTtlMs: number;
  readonly prefix: string;
  isBelieved(key: string): boolean;
  read<T>(step: () => Promise<T>): Promise<T>;
  invalidate(keys: readonly string[]): Promise<void>;
}

/** The steps of the port, without what guards them. */
function createCache(steps: Steps): Cache {
  const { client, counts, prefix } = steps;
  const takeLease = createRedisScript(client, TAKE_LEASE);
  const fillUnderLease = createRedisScript(client, FILL);
  const owner = randomBytes(12).toString('base64url');
  let leases = 0;

  function bypass(): CacheLookup {
    counts.bypasses += 1;
    return { kind: 'busy' };
  }

  function read(held: string): CacheLookup {
    if (!held.startsWith(VALUE)) return bypass();
    counts.hits += 1;
    return { kind: 'hit', value: held.slice(VALUE.length) };
  }

  async function lookUp(key: string): Promise<CacheLookup> {
    const held = await client.get(key);
    // Asked again, since it may have been written while this was on its way.
    if (!steps.isBelieved(key)) return bypass();
    if (held !== null) return read(held);
    leases += 1;
    const lease = `${owner}.${leases}`;
    const other = await takeLease(key, LEASE + lease, String(steps.leaseTtlMs));
    if (typeof other === 'string') return read(other);
    counts.misses += 1;
    return { kind: 'lease', lease };
  }

  return {
    async get(name) {
      const key = prefix + name;
      return steps.isBelieved(key) ? steps.read(() => lookUp(key)) : bypass();
    },
    async fill(name, lease, value, ttlMs) {
      const kept = await steps.read(() =>
        fillUnderLease(prefix + name, LEASE + lease, VALUE + value, String(ttlMs)),
      );
      if (kept !== 1) counts.refusedFills += 1;
      return kept === 1;
    },
    async invalidate(names) {
      if (names.length > 0) await steps.invalidate(names.map((name) => prefix + name));
    },
  };
}

/** Without a stack of its own: it is thrown for each look-up of an outage. */
const UNAVAILABLE = new Error('the cache is not asked, since it failed lately');
const NOT_CONNECTED = new Error('the cache is not connected');

/** Rejects at the deadline; what comes later is ignored. */
function inTime<T>(client: RedisClient, deadlineMs: number, step: () => Promise<T>): Promise<T> {
  if (client.status !== 'ready') return Promise.reject(NOT_CONNECTED);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      // An answer that arrived while this process was busy with other things is taken first.
      setImmediate(() => reject(new Error(`the cache did not answer within ${deadlineMs} ms`)));
    }, deadlineMs);
    step().then(
      (result) => {
        clearTimeout(timer);
        resolve(result);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

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
      const nodes = client instanceof Cluster ? client.nodes('master') : [client];
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
      await Promise.race([Promise.all(nodes.map((node) => node.ping())), aborted]);
    },
  };
}
