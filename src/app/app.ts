import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../domain/ports.ts';
import type { Database } from '../infrastructure/database/sql.ts';
import { createPinoLogger } from '../infrastructure/logging/pino-logger.ts';
import { createPrometheusMetrics } from '../infrastructure/metrics/prometheus.ts';
import { assertThreadPool } from '../infrastructure/security/thread-pool.ts';
import { formatRfc3339 } from '../infrastructure/system/clock.ts';
import { createRequestIdGenerator } from '../infrastructure/system/ids.ts';
import {
  createHttpServer,
  createManagementServer,
  type HttpDeps,
} from '../interfaces/http/server/server.ts';
import { type ReleaseStack, startOrRelease } from '../lib/release-stack.ts';
import { accountPageSettings } from './account-pages.ts';
import { startBackground } from './background-tasks.ts';
import { type AppDeps, SERVICE_NAME } from './deps.ts';
import { metricSources } from './metric-sources.ts';
import { openPersistence } from './persistence.ts';
import { listenOn, StartError } from './start-error.ts';
import type { EndWork } from './tasks.ts';
import { openTracing } from './tracing.ts';
import { wireUseCases } from './wire-use-cases.ts';

/**
 * Connections that wait until the event loop accepts them; the system may allow fewer. With Node's 511, a client that
 * opens as many as it may have keeps others out: their attempts are repeated after 1, 3 and 7 seconds.
 */
const CONNECTION_BACKLOG = 4_096;

/** A listening service. */
export interface ReadyInfo {
  readonly url: string;
  /** `messaging` is `off` without a broker. */
  readonly drivers: Readonly<Record<'database' | 'cache' | 'messaging' | 'mail', string>>;
  /** The file with the first service key; null on a database server. */
  readonly serviceKeyFile: string | null;
  /** The key itself, only on the start that created it. */
  readonly newServiceKey: string | null;
}

/** A service that is built and listens only after `listen`. */
export interface App {
  readonly http: FastifyInstance;
  /** The same routes with the operator's rights, and the routes that only the operator has. Built at the first call. */
  operator(): Promise<FastifyInstance>;
  /** For tests that look behind the API or change the times of a row. */
  readonly database: Pick<Database, 'query' | 'stats'>;
  listen(): Promise<ReadyInfo>;
  /** Stops in the reverse order of the start. @returns false when something did not stop cleanly. */
  stop(): Promise<boolean>;
}

/** The password lists are loaded this long after the start, so that they do not delay the first readiness probe. */
const WARM_AFTER_MS = 500;

/**
 * Builds the whole service without listening. Only this folder constructs things. When a step fails, everything
 * acquired before it is released.
 * @throws StartError, SchemaError, ControlSocketError, or the error of a dependency.
 */
export async function createApp(deps: AppDeps): Promise<App> {
  refuseTooManySlots(deps);
  const { value, releases } = await startOrRelease(
    (stack) => build(deps, stack),
    ({ name, error }) => deps.logger.warn('could not release', { resource: name, error }),
  );
  return { ...value, stop: () => stop(deps, value, releases) };
}

type Built = Omit<App, 'stop'> & { startDraining(): void };

async function stop(deps: AppDeps, built: Built, releases: ReleaseStack): Promise<boolean> {
  built.startDraining();
  const { shutdownDelayMs } = deps.config.server;
  // A service that never listened has no load balancer that must see it drain.
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
  const wired = await wireUseCases(deps, persistence, releases);
  const { useCases, userCache, broker, mail } = wired;
  const checkHealth = () => useCases.checkHealth();
  const metrics = createPrometheusMetrics(
    metricSources({ ...persistence, ...wired, checkHealth, logOutput: deps.logOutput }),
    deps.version,
  );

  let draining = false;
  const httpDeps: HttpDeps = {
    useCases,
    logger,
    requestLog: deps.requestLog,
    formatTime: formatRfc3339,
    ids: createRequestIdGenerator(),
    settings: {
      ...config.server,
      ...config.tokens,
      sessionCookieName: config.sessions.cookie.enabled ? config.sessions.cookie.name : null,
      managementSeparate: config.server.managementPort !== undefined,
      version: deps.version,
      accountPages: accountPageSettings(config),
      events: config.events.http,
      revocations: config.revocations,
    },
    metrics,
    isDraining: () => draining,
    ...(tracing === null ? {} : { tracer: tracing.requests }),
  };
  let opened: Promise<FastifyInstance> | undefined;
  // Most services never get a command, and the routes cost a tenth of a start.
  const operator = () => (opened ??= openOperator(httpDeps));
  releases.register('the operator routes', async () => await (await opened)?.close());
  persistence.control?.serve((socket) => void serveOperator(operator, socket, logger));
  // Registered before the HTTP server, so released after it: the last requests still need the background tasks.
  const background: EndWork[] = [];
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
      background.push(...(await startBackground(deps, { persistence, ...wired, metrics })));
      await listenForManagement(deps, httpDeps, background);
      const url = await listenOn(config.server, 'server.port', (address) =>
        http.listen({ ...address, backlog: CONNECTION_BACKLOG }),
      );
      background.push(warmPasswordLists(wired));
      return {
        url,
        drivers: {
          database: persistence.database.driver,
          cache: userCache.health.driver,
          messaging: broker === null ? 'off' : broker.health.driver,
          mail: mail.driver,
        },
        serviceKeyFile: persistence.control === null ? null : persistence.files.serviceKey,
        newServiceKey: persistence.newServiceKey,
      };
    },
  };
}

async function openOperator(httpDeps: HttpDeps): Promise<FastifyInstance> {
  const operator = await createHttpServer({ ...httpDeps, operator: true });
  await operator.ready();
  return operator;
}

async function serveOperator(
  operator: App['operator'],
  socket: Socket,
  logger: Logger,
): Promise<void> {
  try {
    (await operator()).server.emit('connection', socket);
  } catch (error) {
    logger.error('cannot serve the commands of the operator', { error });
    socket.destroy();
  }
}

/** Opens the separate management port where it is configured. It closes after the last request was answered. */
async function listenForManagement(
  { config }: AppDeps,
  httpDeps: HttpDeps,
  background: EndWork[],
): Promise<void> {
  const { host, managementPort } = config.server;
  if (managementPort === undefined) return;
  const management = await createManagementServer(httpDeps);
  background.push(() => management.close());
  await listenOn({ host, port: managementPort }, 'server.management_port', (address) =>
    management.listen(address),
  );
}

/** Loads the password lists soon, before the first registration needs them. */
function warmPasswordLists({
  blocklist,
  breached,
}: Pick<Awaited<ReturnType<typeof wireUseCases>>, 'blocklist' | 'breached'>): EndWork {
  const timer = setTimeout(() => {
    blocklist.warm();
    breached?.warm();
  }, WARM_AFTER_MS).unref();
  return async () => clearTimeout(timer);
}

/** More hashes at once than libuv has threads would starve file and DNS operations. @throws StartError */
function refuseTooManySlots({ config, threadPoolSize }: AppDeps): void {
  const problem = assertThreadPool(config.password.hashingSlots, threadPoolSize);
  if (problem !== null) throw new StartError(problem);
}

/** A logger as configured. */
export function createLogger(
  logging: Pick<Config['logging'], 'level' | 'format'>,
  destination: { write(line: string): unknown },
): Logger {
  return createPinoLogger({ ...logging, destination });
}
