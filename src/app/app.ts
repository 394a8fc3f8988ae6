import type { FastifyInstance } from 'fastify';
import { createRevocations } from '../application/access/revocations.ts';
import { changedUsers } from '../application/outbox/invalidate-changed-users.ts';
import { createUseCases } from '../application/use-cases.ts';
import type { Config } from '../config/schema.ts';
import type { RecordedEvent } from '../domain/events.ts';
import type { HealthCheck, Logger } from '../domain/ports.ts';
import { createPostgresSessionRepository } from '../infrastructure/database/postgres/session-repository.ts';
import { createUnitOfWork } from '../infrastructure/database/postgres/unit-of-work.ts';
import type { Database } from '../infrastructure/database/sql.ts';
import { createPinoLogger } from '../infrastructure/logging/pino-logger.ts';
import {
  createInProcessBus,
  createInProcessBusHealthCheck,
} from '../infrastructure/messaging/in-process.ts';
import { createPrometheusMetrics } from '../infrastructure/metrics/prometheus.ts';
import { createArgon2Hasher } from '../infrastructure/security/argon2-hasher.ts';
import { loadPasswordBlocklist } from '../infrastructure/security/password-blocklist.ts';
import { createPwnedPasswords } from '../infrastructure/security/pwned-passwords.ts';
import { assertThreadPool } from '../infrastructure/security/thread-pool.ts';
import { formatRfc3339 } from '../infrastructure/system/clock.ts';
import { createRequestIdGenerator } from '../infrastructure/system/ids.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';
import {
  createHttpServer,
  createManagementServer,
  type HttpDeps,
} from '../interfaces/http/server/server.ts';
import { type ReleaseStack, startOrRelease } from '../lib/release-stack.ts';
import { createServiceAccountCache, createVerifiedTokenCache } from './auth-caches.ts';
import { startBackground } from './background-tasks.ts';
import { openBroker } from './broker.ts';
import type { AppDeps, TracedDeps } from './deps.ts';
import { createMailDelivery } from './mail-delivery.ts';
import { metricSources } from './metric-sources.ts';
import { openPersistence, type Persistence } from './persistence.ts';
import { listenOn, StartError } from './start-error.ts';
import { openTracing } from './tracing.ts';
import { openUserCache } from './user-cache.ts';

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
const WARM_AFTER_MS = 500;
/** Beyond this a revoked token is expired anyway: its longest life, and the leeway of verification. */
const REVOCATION_SLACK_MS = 60_000;

/**
 * Builds the whole service without listening. The only place that constructs anything; whatever fails on the way, all
 * that was acquired is released again.
 * @throws StartError, SchemaError, ControlSocketError, or what a dependency reports.
 */
export async function createApp(deps: AppDeps): Promise<App> {
  refuseTooManySlots(deps);
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

async function build(given: AppDeps, releases: ReleaseStack): Promise<Built> {
  const deps = await openTracing(given, releases, SERVICE_NAME);
  const { config, logger, tracing } = deps;
  const persistence = await openPersistence(deps, releases);
  deps.signal?.throwIfAborted();
  const connected = await connect(deps, persistence, releases);
  const { useCases, blocklist, breached, userCache, broker } = connected;
  const { messagingHealth, mail, revocations } = connected;
  const metrics = createPrometheusMetrics(
    metricSources({ ...persistence, ...connected, checkHealth: () => useCases.checkHealth() }),
    deps.version,
  );

  let draining = false;
  const httpDeps: HttpDeps = {
    useCases,
    logger,
    formatTime: formatRfc3339,
    ids: createRequestIdGenerator(),
    settings: {
      ...config.server,
      ...config.tokens,
      managementSeparate: config.server.managementPort !== undefined,
      version: deps.version,
    },
    metrics,
    isDraining: () => draining,
    ...(tracing === null ? {} : { tracer: tracing.requests }),
  };
  const operator = await createHttpServer({ ...httpDeps, operator: true });
  releases.register('the operator routes', () => operator.close());
  await operator.ready();
  persistence.control?.serve((socket) => operator.server.emit('connection', socket));
  // Released after the HTTP server: what the last requests need goes on until they are answered.
  const background: (() => Promise<unknown>)[] = [];
  releases.register('the background tasks', () => Promise.all(background.map((end) => end())));
  const http = await createHttpServer(httpDeps);
  releases.register('the HTTP server', () => http.close(), config.server.shutdownTimeoutMs);

  return {
    http,
    operator,
    database: persistence.database,
    startDraining: () => {
      draining = true;
    },
    async listen() {
      background.push(
        ...(await startBackground(deps, {
          persistence,
          useCases,
          revocations,
          userCache,
          broker,
          mail,
          metrics,
        })),
      );
      await listenForManagement(deps, httpDeps, background);
      const url = await listenOn(config.server, 'server.port', (address) => http.listen(address));
      // Read before the first registration needs it, and after the first probe asked whether the service is ready.
      const warming = setTimeout(() => {
        blocklist.warm();
        breached?.warm();
      }, WARM_AFTER_MS).unref();
      background.push(async () => clearTimeout(warming));
      return {
        url,
        drivers: {
          database: persistence.database.driver,
          cache: userCache.health.driver,
          messaging: messagingHealth.driver,
          mail: mail.driver,
        },
        serviceKeyFile: persistence.control === null ? null : persistence.files.serviceKey,
        newServiceKey: persistence.newServiceKey,
      };
    },
  };
}

/** Builds the use cases over the persistence, with what remembers and what listens in this process. */
async function connect(deps: TracedDeps, persistence: Persistence, releases: ReleaseStack) {
  const { config, logger, tracing } = deps;
  const { database, users, clock, ids } = persistence;
  const verifiedTokens = createVerifiedTokenCache();
  const revocations = createRevocations({
    sessions: createPostgresSessionRepository(persistence.monitoring),
    monotonicMs,
    shared: database.driver === 'postgres',
    rememberMs: config.tokens.accessTtlMs + REVOCATION_SLACK_MS,
    onGap: () => verifiedTokens.clear(),
  });
  const userCache = openUserCache(config, { source: users, logger, tracing }, releases);
  const broker = await openBroker(
    config,
    { database, instanceId: persistence.instanceId, logger, tracing },
    releases,
  );
  const mail = createMailDelivery(config.mail, { database, ids, logger });
  releases.register('the delivery of mail', () => mail.stop());
  const bus = createInProcessBus({ logger });
  releases.register('the in-process bus', () => bus.close());
  const forget = async (userIds: ReadonlySet<string>): Promise<void> => {
    await Promise.all([...userIds].map((id) => userCache.reader.invalidateUser(id)));
  };
  const blocklist = loadPasswordBlocklist();
  const breached = config.pwnedPasswords.enabled
    ? createPwnedPasswords(config.pwnedPasswords, { logger, monotonicMs })
    : null;
  if (breached !== null) releases.register('the breached-password API', () => breached.close());
  const { argon2, hashingSlots, hashingWaitMs } = config.password;
  const hasher = createArgon2Hasher({ ...argon2, slots: hashingSlots, waitMs: hashingWaitMs });
  const messagingHealth = broker?.health ?? createInProcessBusHealthCheck(bus);
  const untraced = createUseCases({
    ...persistence,
    // A cache in this process cannot know what other instances write, so PostgreSQL is then read directly.
    userReader:
      database.driver === 'embedded' || userCache.redis !== null ? userCache.reader : users,
    unitOfWork: createUnitOfWork({
      database,
      ids,
      clock,
      logger,
      onCommitted: async (events) => {
        // Not over the bus, which has a bound: a full one must keep neither an ended session nor an old copy alive.
        revocations.add(endedSessions(events));
        await forget(changedUsers(events));
        broker?.announceCommit();
        await bus.publish(events);
      },
      onUnknownOutcome: forget,
    }),
    hasher,
    passwordRules: {
      policy: config.password,
      blocklist,
      serviceName: SERVICE_NAME,
      ...(breached === null ? {} : { breached }),
    },
    revocations,
    verifiedTokens,
    knownServiceAccounts: createServiceAccountCache(),
    healthChecks: [databaseHealth(persistence.monitoring), userCache.health, messagingHealth],
    lifetimes: { ...config.sessions, accessTtlMs: config.tokens.accessTtlMs },
    monotonicMs,
    logger,
  });
  const useCases = tracing?.useCases(untraced) ?? untraced;
  return {
    ...{ useCases, hasher, blocklist, breached, userCache, broker },
    ...{ messagingHealth, mail, revocations },
  };
}

function endedSessions(events: readonly RecordedEvent[]): readonly string[] {
  return events.flatMap(({ event }) =>
    event.type === 'session.ended' ? [event.data.session_id] : [],
  );
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

/** More hashes at once than libuv has threads would starve files and names. */
function refuseTooManySlots({ config, threadPoolSize }: AppDeps): void {
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

/** Writes logs as configured. */
export function createLogger(
  logging: Pick<Config['logging'], 'level' | 'format'>,
  destination: { write(line: string): unknown },
): Logger {
  return createPinoLogger({ ...logging, destination });
}
