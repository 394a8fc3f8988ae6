import { createOutboxRelay, type OutboxRelay } from './application/outbox/relay-outbox.ts';
import type { Config } from './config/schema.ts';
import type { HealthCheck, Logger } from './domain/ports.ts';
import type { UserReader } from './domain/user/user-repository.ts';
import { prepareEventStream } from './event-stream-start.ts';
import {
  type CachedUserReader,
  createCachedUserReader,
} from './infrastructure/cache/cached-user-reader.ts';
import { createMemoryCache, createMemoryCacheHealthCheck } from './infrastructure/cache/memory.ts';
import { createRedisCache, type RedisCache } from './infrastructure/cache/redis.ts';
import { createPostgresOutboxQueue } from './infrastructure/database/postgres/outbox-queue.ts';
import type { Database } from './infrastructure/database/sql.ts';
import { createJetStream } from './infrastructure/message/jetstream.ts';
import {
  connectNats,
  createNatsHealthCheck,
  type NatsLink,
} from './infrastructure/message/nats-connection.ts';
import { createRelayWake } from './infrastructure/message/relay-wake.ts';
import { monotonicMs } from './infrastructure/system/monotonic.ts';
import type { Tracing } from './infrastructure/tracing/tracing.ts';
import type { ReleaseStack } from './lib/release-stack.ts';

const MAX_CACHE_ENTRIES = 50_000;
/** Longest life of a copy of a user, in milliseconds. */
export const CACHE_TTL_MS = 300_000;
/** Longer than any read of the database takes. */
const CACHE_LEASE_MS = 10_000;

/** The copies of users: where they are kept, and how they are read and taken back. */
export interface UserCopies {
  readonly reader: CachedUserReader;
  readonly health: HealthCheck;
  /** Null for copies in this process. */
  readonly redis: RedisCache | null;
}

/** Redis where it is configured, and this process otherwise. Redis may be down: the copies then cost their deadline. */
export function openUserCopies(
  config: Config,
  deps: {
    readonly source: UserReader;
    readonly logger: Logger;
    readonly tracing: Tracing | null;
  },
  releases: ReleaseStack,
): UserCopies {
  const { source, logger } = deps;
  if (config.redis.driver === 'redis') {
    const { password, ...settings } = config.redis;
    const redis = createRedisCache(
      { ...settings, password: password?.reveal() },
      { logger, nowMs: monotonicMs },
    );
    releases.register('the Redis connections', () => redis.close());
    const reader = createCachedUserReader({
      source,
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
  const reader = createCachedUserReader({ source, cache, ttlMs: CACHE_TTL_MS, logger });
  return { reader, health: createMemoryCacheHealthCheck(cache), redis: null };
}

/** NATS, and the relay that publishes the outbox over it. */
export interface Broker {
  readonly link: NatsLink;
  readonly health: HealthCheck;
  readonly relay: OutboxRelay;
  /** Something was committed: whichever instance publishes shall look. */
  announceCommit(): void;
}

/**
 * Begins to connect to NATS where it is configured; it may be down.
 * @throws StartError when it is there and its stream cannot carry the events as configured.
 */
export async function openBroker(
  { nats }: Config,
  deps: {
    readonly database: Database;
    readonly instanceId: string;
    readonly logger: Logger;
    readonly tracing: Tracing | null;
  },
  releases: ReleaseStack,
): Promise<Broker | null> {
  if (nats.driver !== 'nats') return null;
  const { logger } = deps;
  const link = await connectNats(
    {
      ...nats,
      password: nats.password?.reveal(),
      token: nats.token?.reveal(),
      name: 'user-service',
    },
    { logger },
  );
  releases.register('the NATS connection', () => link.close(), LINK_RELEASE_MS);
  const stream = createJetStream({ link, settings: { ...nats, name: nats.stream } });
  await prepareEventStream({ link, stream, logger });
  const relay = createOutboxRelay({
    queue: createPostgresOutboxQueue(deps.database),
    stream: deps.tracing?.stream(stream) ?? stream,
    holder: deps.instanceId,
    monotonicMs,
    logger,
  });
  const others = createRelayWake({ link, onWake: () => relay.wake(), monotonicMs });
  releases.register('the news of commits', async () => others.close());
  return {
    link,
    health: brokerHealth(link, relay),
    relay,
    announceCommit() {
      if (relay.stats().state === 'publishing') relay.wake();
      else others.announce();
    },
  };
}

/** NATS that answers and cannot carry the events as configured is not well. */
function brokerHealth(link: NatsLink, relay: OutboxRelay): HealthCheck {
  const health = createNatsHealthCheck(link);
  return {
    ...health,
    async check(signal) {
      await health.check(signal);
      if (relay.stats().state === 'blocked') throw new Error('the stream refuses the events');
    },
  };
}

/** Longer than the connection gives its own drain. */
const LINK_RELEASE_MS = 8_000;
