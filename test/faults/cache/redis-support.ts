import { onTestFinished } from 'vitest';
import { type PersonName, parsePersonName } from '../../../src/domain/user/person-name.ts';
import {
  type CachedUserReader,
  createCachedUserReader,
} from '../../../src/infrastructure/cache/cached-user-reader.ts';
import {
  createRedisCache,
  type RedisCache,
} from '../../../src/infrastructure/cache/redis-cache.ts';
import {
  createRedisClient,
  type RedisSettings,
} from '../../../src/infrastructure/cache/redis-client.ts';
import { createPostgresDatabase } from '../../../src/infrastructure/database/postgres/pool.ts';
import { createUnitOfWork } from '../../../src/infrastructure/database/postgres/unit-of-work.ts';
import { createPostgresUserRepository } from '../../../src/infrastructure/database/postgres/user-repository.ts';
import type { Database } from '../../../src/infrastructure/database/sql.ts';
import { createSystemClock, formatRfc3339 } from '../../../src/infrastructure/system/clock.ts';
import { monotonicMs } from '../../../src/infrastructure/system/monotonic.ts';
import { createUserTextFormat } from '../../../src/interfaces/api/schemas/user-text-format.ts';
import { ids, storeUser } from '../../contract/fixtures.ts';
import { eventually } from '../../support/eventually.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { testMailSeal } from '../../support/mail-seal.ts';
import { postgresSettings } from '../../support/postgres-database.ts';
import type { ConnectionOptions } from '../../support/postgres-server.ts';
import type { RedisServer } from '../../support/redis-server.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/** The user cache of one service instance, with its own connections. */
export interface Instance {
  readonly redis: RedisCache;
  readonly reader: CachedUserReader;
  /** Changes the name and invalidates the cache, as the service does. @returns the new version. */
  rename(id: string): Promise<number>;
}

/** Creates a database with users; all instances share it. */
export async function useUsers(
  count: number,
): Promise<{ database: Database; connection: ConnectionOptions; users: string[] }> {
  const { connectionOptions } = await createTestDatabase();
  const database = await createPostgresDatabase(postgresSettings(connectionOptions), {
    logger: createSilentLogger(),
  });
  onTestFinished(() => database.close());
  const users: string[] = [];
  for (let index = 0; index < count; index += 1) users.push((await storeUser(database)).id);
  return { database, connection: connectionOptions, users };
}

/**
 * Creates an instance that ends with the test; Redis may be down. `afterLoad` runs between load and fill. With `dies`,
 * the instance stops after each commit, before the invalidation.
 */
export function useInstance(
  database: Database,
  settings: RedisSettings,
  over: { readonly afterLoad?: () => Promise<void>; readonly dies?: boolean } = {},
): Instance {
  const logger = createSilentLogger();
  const clock = createSystemClock();
  const redis = createRedisCache(settings, { logger, nowMs: monotonicMs });
  onTestFinished(() => redis.close());
  const users = createPostgresUserRepository(database);
  const source = {
    ...users,
    async findById(id: string) {
      const user = await users.findById(id);
      await over.afterLoad?.();
      return user;
    },
  };
  const reader = createCachedUserReader({
    ...{ source, format: createUserTextFormat(formatRfc3339) },
    emailKeySecret: Buffer.alloc(32, 1),
    cache: redis.cache,
    ttlMs: 300_000,
    logger,
  });
  const unitOfWork = createUnitOfWork({
    database,
    ids,
    clock,
    logger,
    mailSeal: testMailSeal,
    async onCommitted(events) {
      if (over.dies === true) return;
      for (const { event } of events) {
        if (event.userId !== null) await reader.invalidateUser(event.userId);
      }
    },
  });
  return {
    redis,
    reader,
    rename: (id) =>
      unitOfWork.run({ requestId: 'test' }, async (transaction) => {
        const user = await transaction.users.lockById(id);
        if (user === null) throw new Error('no user has this id');
        user.changeProfile({ firstName: nameOf(user.state.version + 1) }, clock.now());
        await transaction.updateUser(user);
        return user.state.version;
      }),
  };
}

/** Puts the version into the name, since a public profile has no version. */
function nameOf(version: number): PersonName {
  return parsePersonName(`Version ${version}`);
}

function versionIn(name: string): number {
  return Number(/^Version (\d+)$/.exec(name)?.[1] ?? '1');
}

/** Resolves once every instance reads from Redis again. */
export async function untilCached(instances: readonly Instance[], id: string): Promise<void> {
  for (const { redis, reader } of instances) {
    await eventually(
      async () => {
        const before = redis.stats().hits;
        await reader.findById(id);
        const stats = redis.stats();
        if (stats.hits === before) throw new Error(`not cached: ${JSON.stringify(stats)}`);
      },
      { timeoutMs: 15_000, what: 'a hit in the cache' },
    );
  }
}

export interface Load {
  /** Results older than a write that was acknowledged before the read. */
  readonly stale: string[];
  readonly failures: unknown[];
  readonly slowestMs: () => number;
  readonly reads: () => number;
  readonly writes: () => number;
  end(): Promise<void>;
}

const BATCH = 10;

/** Reads users and batches of profiles through every instance, and writes through each in turn, until `end`. */
export function startLoad(instances: readonly Instance[], users: readonly string[]): Load {
  const acknowledged = new Map<string, number>();
  const stale: string[] = [];
  const failures: unknown[] = [];
  const seen = { slowestMs: 0, reads: 0, writes: 0 };
  let ended = false;

  async function timed(work: () => Promise<void>): Promise<void> {
    const startedAt = performance.now();
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
    seen.slowestMs = Math.max(seen.slowestMs, performance.now() - startedAt);
    // Lets timers and sockets run.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const pick = (): string => users[Math.floor(Math.random() * users.length)] ?? '';

  async function readOn({ reader }: Instance): Promise<void> {
    while (!ended) {
      const id = pick();
      const floor = acknowledged.get(id) ?? 1;
      await timed(async () => {
        const user = await reader.findById(id);
        if ((user?.version ?? 0) < floor) stale.push(`${id}: ${user?.version} after ${floor}`);
      });
      seen.reads += 1;
    }
  }
  async function readBatchesOn({ reader }: Instance): Promise<void> {
    while (!ended) {
      const ids = [...new Set(Array.from({ length: BATCH }, pick))];
      const floors = ids.map((id) => acknowledged.get(id) ?? 1);
      await timed(async () => {
        const texts = await reader.listPublicProfileTexts(ids);
        for (const [index, id] of ids.entries()) {
          const name = JSON.parse(texts[index] ?? 'null')?.first_name;
          const [version, floor] = [name === undefined ? 0 : versionIn(name), floors[index] ?? 1];
          if (version < floor) stale.push(`${id} in a batch: ${version} after ${floor}`);
        }
      });
      seen.reads += 1;
    }
  }
  async function writeOn(index: number): Promise<void> {
    for (let turn = index; !ended; turn += 1) {
      const id = pick();
      await timed(async () => {
        const version = await instances[turn % instances.length]?.rename(id);
        acknowledged.set(id, Math.max(acknowledged.get(id) ?? 0, version ?? 0));
      });
      seen.writes += 1;
    }
  }
  const running = [
    ...instances.flatMap((one) => [readOn(one), readOn(one), readBatchesOn(one)]),
    writeOn(0),
  ];
  return {
    stale,
    failures,
    slowestMs: () => seen.slowestMs,
    reads: () => seen.reads,
    writes: () => seen.writes,
    async end() {
      ended = true;
      await Promise.all(running);
    },
  };
}

/** Keys of a round that fills a server with 100 KB of unrelated data. */
const FILLERS = 100;
const FILLER = 'x'.repeat(1_000);
const FILLED_ROUNDS = 100;

/** Limits these servers to 2 MB each and writes far beyond it. @returns how many keys they evicted. */
export async function evictAt2Mb(
  servers: readonly RedisServer[],
  settings: RedisSettings,
): Promise<number> {
  const client = createRedisClient(settings, { deadlineMs: 5_000 });
  const configure = async (name: string, value: string): Promise<void> => {
    for (const server of servers) await server.command('CONFIG', 'SET', name, value);
  };
  try {
    await configure('maxmemory-policy', 'allkeys-lru');
    // By default a primary reserves 1 MB for its replica, which would leave no room for evictions.
    await configure('repl-backlog-size', '16384');
    await configure('maxmemory', '2mb');
    await eventually(() => client.set('filler', FILLER));
    for (let round = 0; round < FILLED_ROUNDS; round += 1) {
      const keys = Array.from({ length: FILLERS }, (_, index) => `filler-${round}-${index}`);
      // A write may fail while a replica's connection takes the room.
      await Promise.allSettled(keys.map((key) => client.set(key, FILLER)));
    }
    let evicted = 0;
    for (const server of servers) {
      const stats = String(await server.command('INFO', 'stats'));
      evicted += Number(/evicted_keys:(\d+)/.exec(stats)?.[1]);
    }
    return evicted;
  } finally {
    await configure('maxmemory', '0');
    client.disconnect();
  }
}
