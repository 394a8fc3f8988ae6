import type { FastifyInstance } from 'fastify';
import { SERVICE_KEY_CACHE_MS } from './application/access/authenticate-service.ts';
import { createRevocations } from './application/sessions/revocations.ts';
import { createUseCases } from './application/use-cases.ts';
import type { Config } from './config/schema.ts';
import type { AccessTokenClaims, HealthCheck, Logger, RecordedEvent } from './domain/ports.ts';
import type { ServiceAccount } from './domain/service-account/service-account-repository.ts';
import { createCachedUserReader } from './infrastructure/cache/cached-user-reader.ts';
import { createMemoryCache, createMemoryCacheHealthCheck } from './infrastructure/cache/memory.ts';
import { createUnitOfWork } from './infrastructure/database/postgres/unit-of-work.ts';
import type { Database } from './infrastructure/database/sql.ts';
import { createPinoLogger } from './infrastructure/logging/pino-logger.ts';
import {
  createInProcessBus,
  createInProcessBusHealthCheck,
} from './infrastructure/message/in-process.ts';
import { createPrometheusMetrics } from './infrastructure/metrics/prometheus.ts';
import { createArgon2Hasher } from './infrastructure/security/argon2-hasher.ts';
import { loadPasswordBlocklist } from './infrastructure/security/password-blocklist.ts';
import { assertThreadPool } from './infrastructure/security/thread-pool.ts';

import { monotonicMs } from './infrastructure/system/monotonic.ts';
import {
  createHttpServer,
  createManagementServer,
  type HttpDeps,
} from './interfaces/http/server.ts';
import { startLoop } from './interfaces/worker/loop.ts';
import { createBoundedLru } from './lib/bounded-lru.ts';
import { type ReleaseStack, startOrRelease } from './lib/release-stack.ts';

import { listenOn, StartError } from './start-failure.ts';
import { type AppDeps, openStores, type Stores } from './stores.ts';

export { describeStartFailure } from './start-failure.ts';
export type { AppDeps } from './stores.ts';

/** Where a listening service is reached, and what it runs on. */
export interface ReadyInfo {
  readonly url: string;
  readonly drivers: Readonly<Record<'database' | 'cache' | 'messaging' | 'mail', string>>;
  /** The file with the first service key; null where the service has none of its own. */
  readonly serviceKeyFile: string | null;
  /** The key itself, only on the start that made it. */
  readonly newServiceKey: string | null;
}

/** A service that is built, and listens once it is told to. */
export interface App {
  readonly http: FastifyInstance;
  /** The same routes with the operator's rights, and those that only the operator has. */
  readonly operator: FastifyInstance;
  /** What everything is stored in, for tests that look behind the API or move a row's clock. */
  readonly database: Pick<Database, 'query' | 'stats'>;
  listen(): Promise<ReadyInfo>;
  /** Stops in the reverse order of the start. @returns false when something did not stop cleanly. */
  stop(): Promise<boolean>;
}

const SERVICE_NAME = 'user-service';
const REVOCATION_POLL_MS = 500;
const MAINTENANCE_INTERVAL_MS = 60_000;
const EXPIRED_ROWS_PER_ROUND = 5_000;
const MAX_VERIFIED_TOKENS = 50_000;
const MAX_CACHE_ENTRIES = 50_000;
const CACHE_TTL_MS = 300_000;
const CACHE_LEASE_MS = 10_000;
const MAX_KNOWN_SERVICE_ACCOUNTS = 1_000;
/** Beyond this a revoked token is expired anyway: its longest life, and the leeway of verification. */
const REVOCATION_SLACK_MS = 60_000;

/**
 * Builds the whole service without listening. The only place that constructs anything; whatever fails on the way, all
 * that was acquired is released again.
 * @throws StartError, SchemaError, ControlSocketError, or what a dependency reports.
 */
export async function createApp(deps: AppDeps): Promise<App> {
  refuseWhatIsNotThere(deps);
  const { value, releases } = await startOrRelease(
    (stack) => build(deps, stack),
    ({ name, error }) => deps.logger.warn('could not be released', { resource: name, error }),
  );
  return { ...value, stop: () => stop(deps, value, releases) };
}

type Built = Omit<App, 'stop'> & { startDraining(): void };

async function stop(deps: AppDeps, built: Built, releases: ReleaseStack): Promise<boolean> {
  built.startDraining();
  const { shutdownDelayMs } = deps.config.server;
  // Nobody has to notice the end of a service that never listened.
  if (shutdownDelayMs > 0 && built.http.server.listening) {
    await new Promise((resolve) => setTimeout(resolve, shutdownDelayMs));
  }
  const failures = await releases.releaseAll();
  for (const { name, error } of failures) {
    deps.logger.error('did not stop cleanly', { resource: name, error });
  }
  return failures.length === 0;
}

async function build(deps: AppDeps, releases: ReleaseStack): Promise<Built> {
  const { config, logger } = deps;
  const stores = await openStores(deps, releases);
  deps.signal?.throwIfAborted();
  const { useCases, hasher, blocklist, cacheHealth, busHealth, revocations } = connect(
    deps,
    stores,
  );

  let draining = false;
  const httpDeps: HttpDeps = {
    useCases,
    logger,
    clock: stores.clock,
    ids: stores.ids,
    settings: {
      ...config.server,
      ...config.tokens,
      managementSeparate: config.server.managementPort !== undefined,
      version: deps.version,
    },
    metrics: createPrometheusMetrics({
      databasePool: () => stores.database.stats(),
      hashingGate: () => hasher.stats(),
    }),
    isDraining: () => draining,
  };
  const operator = await createHttpServer({ ...httpDeps, operator: true });
  releases.register('the operator routes', () => operator.close());
  await operator.ready();
  stores.control?.serve((socket) => operator.server.emit('connection', socket));
  // Released after the HTTP server: what the last requests need goes on until they are answered.
  const background: (() => Promise<unknown>)[] = [];
  releases.register('the background tasks', () => Promise.all(background.map((end) => end())));
  const http = await createHttpServer(httpDeps);
  releases.register('the HTTP server', () => http.close(), config.server.shutdownTimeoutMs);

  return {
    http,
    operator,
    database: stores.database,
    startDraining: () => {
      draining = true;
    },
    async listen() {
      if (stores.database.driver === 'postgres') {
        await revocations.poll();
        work(background, logger, 'revocations', REVOCATION_POLL_MS, () => revocations.poll());
      }
      work(background, logger, 'expired sessions', MAINTENANCE_INTERVAL_MS, () =>
        stores.sessions.deleteExpired(EXPIRED_ROWS_PER_ROUND),
      );
      await listenForManagement(deps, httpDeps, background);
      const url = await listenOn(config.server, 'server.port', (address) => http.listen(address));
      // Read now rather than by the first registration.
      blocklist.warm();
      return {
        url,
        drivers: {
          database: stores.database.driver,
          cache: cacheHealth.driver,
          messaging: busHealth.driver,
          mail: config.mail.driver,
        },
        serviceKeyFile: stores.control === null ? null : stores.files.serviceKey,
        newServiceKey: stores.newServiceKey,
      };
    },
  };
}

/** Builds the use cases over the stores, with what remembers and what listens in this process. */
function connect({ config, logger }: AppDeps, stores: Stores) {
  const { database, users, sessions, clock, ids } = stores;
  const verifiedTokens = createBoundedLru<string, AccessTokenClaims>({
    maxEntries: MAX_VERIFIED_TOKENS,
    nowMs: () => clock.now().getTime(),
  });
  const revocations = createRevocations({
    sessions,
    monotonicMs,
    shared: database.driver === 'postgres',
    rememberMs: config.tokens.accessTtlMs + REVOCATION_SLACK_MS,
    onGap: () => verifiedTokens.clear(),
  });
  const cache = createMemoryCache({
    maxEntries: MAX_CACHE_ENTRIES,
    leaseTtlMs: CACHE_LEASE_MS,
    nowMs: monotonicMs,
  });
  const cachedUsers = createCachedUserReader({
    source: users,
    cache,
    ttlMs: CACHE_TTL_MS,
    logger,
  });
  const bus = createInProcessBus({ logger });
  bus.subscribe(async ({ event }) => {
    if (event.type.startsWith('user.') && event.userId !== null) {
      await cachedUsers.invalidateUser(event.userId, []);
    }
  });
  const blocklist = loadPasswordBlocklist();
  const { argon2, hashingSlots, hashingWaitMs } = config.password;
  const hasher = createArgon2Hasher({ ...argon2, slots: hashingSlots, waitMs: hashingWaitMs });
  const cacheHealth = createMemoryCacheHealthCheck(cache);
  const busHealth = createInProcessBusHealthCheck(bus);
  const useCases = createUseCases({
    ...stores,
    // A cache in this process cannot know what other instances write, so PostgreSQL is read directly.
    userReader: database.driver === 'embedded' ? cachedUsers : users,
    unitOfWork: createUnitOfWork({
      database,
      ids,
      clock,
      logger,
      onCommitted: (events) => {
        // Not over the bus, which has a bound: a full one must not keep an ended session alive.
        revocations.add(endedSessions(events));
        return bus.publish(events);
      },
    }),
    hasher,
    passwordRules: {
      policy: config.password,
      blocklist,
      serviceName: SERVICE_NAME,
    },
    revocations,
    verifiedTokens,
    knownServiceAccounts: createKnownServiceAccounts(),
    healthChecks: [databaseHealth(database), cacheHealth, busHealth],
    lifetimes: { ...config.sessions, accessTtlMs: config.tokens.accessTtlMs },
    monotonicMs,
    logger,
  });
  return { useCases, hasher, blocklist, cacheHealth, busHealth, revocations };
}

function endedSessions(events: readonly RecordedEvent[]): readonly string[] {
  return events.flatMap(({ event }) =>
    event.type === 'session.ended' ? [event.data.session_id] : [],
  );
}

function work(
  background: (() => Promise<unknown>)[],
  logger: Logger,
  name: string,
  intervalMs: number,
  run: () => Promise<unknown>,
): void {
  const loop = startLoop({ name, intervalMs, run }, { logger });
  background.push(() => loop.stop());
}

/** Probes are answered until the last request is. */
async function listenForManagement(
  { config }: AppDeps,
  httpDeps: HttpDeps,
  background: (() => Promise<unknown>)[],
): Promise<void> {
  const { host, managementPort } = config.server;
  if (managementPort === undefined) return;
  const management = await createManagementServer(httpDeps);
  background.push(() => management.close());
  await listenOn({ host, port: managementPort }, 'server.management_port', (address) =>
    management.listen(address),
  );
}

/** Settings whose adapters this build does not have yet are refused rather than ignored. */
function refuseWhatIsNotThere({ config, threadPoolSize }: AppDeps): void {
  const absent = [
    config.redis.driver === 'redis' ? 'redis.driver redis' : null,
    config.nats.driver === 'nats' ? 'nats.driver nats' : null,
    config.mail.driver === 'smtp' ? 'mail.driver smtp' : null,
    config.pwnedPasswords.enabled ? 'pwned_passwords.enabled' : null,
  ].filter((name) => name !== null);
  if (absent.length > 0) {
    throw new StartError(
      `Not part of this version yet: ${absent.join(', ')}. Remove these settings (see user-service config print).`,
    );
  }
  const threads = assertThreadPool(config.password.hashingSlots, threadPoolSize);
  if (threads !== null) throw new StartError(threads);
}

function databaseHealth(database: Database): HealthCheck {
  return {
    name: 'database',
    driver: database.driver,
    required: true,
    check: (signal) => database.check(signal),
  };
}

function createKnownServiceAccounts() {
  const known = createBoundedLru<string, ServiceAccount>({
    maxEntries: MAX_KNOWN_SERVICE_ACCOUNTS,
    nowMs: monotonicMs,
  });
  let epoch = 0;
  return {
    get: (hash: string) => known.get(hash),
    set: (hash: string, account: ServiceAccount) =>
      known.set(hash, account, monotonicMs() + SERVICE_KEY_CACHE_MS),
    clear: () => {
      epoch += 1;
      known.clear();
    },
    epoch: () => epoch,
  };
}

/** Writes logs as configured. */
export function createLogger(
  logging: Pick<Config['logging'], 'level' | 'format'>,
  destination: { write(line: string): unknown },
): Logger {
  return createPinoLogger({ ...logging, destination });
}
