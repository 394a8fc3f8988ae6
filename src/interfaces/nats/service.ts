import { type Service, Svcm } from '@nats-io/services';
import { type NatsConnection, PermissionViolationError } from '@nats-io/transport-node';
import type { IdGenerator, Logger, RequestLog } from '../../domain/ports.ts';
import { type Backoff, backoffDelayMs } from '../../lib/backoff.ts';
import { withFallback } from '../../lib/deadline.ts';
import type { RequestTracer } from '../api/request-tracer.ts';
import { createDispatcher, type ObservedNatsRequest } from './dispatcher.ts';
import type { Endpoint, NatsUseCases } from './endpoint.ts';
import { createEndpointStats, type EndpointStats } from './endpoint-stats.ts';
import { endpoints, SERVICE_NAME, SUBJECT_PREFIX, subjectOf } from './endpoints.ts';
import { HEARTBEAT_INTERVAL_MS, HEARTBEAT_POLL_MS, startHeartbeat } from './heartbeat.ts';
import type { NatsLink } from './nats-link.ts';
import { createInboxCheck, type DropReason, guardReplies } from './reply-guard.ts';
import { createRequestHandling } from './request-handling.ts';

export interface NatsServiceSettings {
  /** Semantic version, reported to discovery. */
  readonly version: string;
  /** Prefixes of the inboxes that replies may go to, as in `nats.inbox_prefixes`. */
  readonly inboxPrefixes: readonly string[];
  /** Prefix of the inboxes of the link itself. */
  readonly ownInboxPrefix: string;
  /** Longest time until the response, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Claim `iss` of access tokens. */
  readonly issuer: string;
  /** Requests beyond this many at the same time are rejected at once. Default: 256. */
  readonly maxConcurrentRequests?: number;
  /** Time between two heartbeats, in milliseconds. Default: 10,000. */
  readonly heartbeatIntervalMs?: number;
  /** Time between two checks for a change of health, in milliseconds. Default: 1,000. */
  readonly heartbeatPollMs?: number;
}

export interface NatsServiceDeps {
  readonly link: NatsLink;
  readonly useCases: NatsUseCases;
  readonly logger: Logger;
  readonly requestLog: RequestLog;
  /** Creates request ids. */
  readonly ids: IdGenerator;
  /** Formats a time as RFC 3339 text in UTC. */
  readonly formatTime: (time: Date) => string;
  readonly monotonicMs: () => number;
  /** One subject token, such as a UUID. */
  readonly instanceId: string;
  readonly settings: NatsServiceSettings;
  readonly observeRequest?: (request: ObservedNatsRequest) => void;
  /** Called for each request that gets no reply because of its reply subject. */
  readonly observeDropped?: (reason: DropReason) => void;
  /** Absent when tracing is off. */
  readonly tracer?: RequestTracer;
}

/**
 * The NATS service. Its states: `waiting` until NATS is connected, `serving` on each connection, `pausing` after the
 * server ended a subscription, `stopped` at the end.
 */
export interface NatsService {
  /**
   * Accepts no more requests and answers those it has; other instances of the queue group get the next ones.
   * Resolves within `requestTimeoutMs` and a few seconds, even if NATS does not respond.
   */
  stop(): Promise<void>;
}

/** Many times the number of database connections of one instance. */
const MAX_CONCURRENT_REQUESTS = 256;
/** Longest wait for a reply of the NATS server during a stop, in milliseconds. */
const DRAIN_TIMEOUT_MS = 2_000;
const RESTART_BACKOFF: Backoff = { firstMs: 1_000, maxMs: 60_000 };

/**
 * Answers requests over NATS from now on, whenever NATS is connected.
 * @throws Error if the instance id is not a subject token
 */
export function createNatsService(deps: NatsServiceDeps): NatsService {
  const { link, logger, settings, instanceId } = deps;
  if (!/^[A-Za-z0-9_-]+$/.test(instanceId)) {
    throw new Error('The instance id is not a subject token.');
  }
  const dispatcher = createDispatcher({
    ...deps,
    handling: createRequestHandling(deps),
    maxPayloadBytes: () => link.current()?.info?.max_payload ?? Number.POSITIVE_INFINITY,
    requestTimeoutMs: settings.requestTimeoutMs,
    maxConcurrentRequests: settings.maxConcurrentRequests ?? MAX_CONCURRENT_REQUESTS,
  });
  const isInbox = createInboxCheck(settings.inboxPrefixes, settings.ownInboxPrefix);
  const stats = new Map(endpoints.map(({ name }) => [name, createEndpointStats()]));
  let service: Service | null = null;
  let restartTimer: NodeJS.Timeout | undefined;
  /** Restarts on this connection since the service last ran for long. */
  let restarts = 0;
  let stopped = false;
  /** Endpoints whose subjects the rights of this connection do not allow. */
  const denied = new Set<Endpoint>();

  const unlisten = link.onConnection((connection) => {
    restarts = 0;
    denied.clear();
    void serve(connection);
  });
  const heartbeat = startHeartbeat({
    ...deps,
    intervalMs: settings.heartbeatIntervalMs ?? HEARTBEAT_INTERVAL_MS,
    pollMs: settings.heartbeatPollMs ?? HEARTBEAT_POLL_MS,
  });

  return {
    async stop() {
      stopped = true;
      unlisten();
      clearTimeout(restartTimer);
      await heartbeat.stop();
      const drained = service?.stop();
      // Without a connection there is nothing to drain, and the library would wait for the server.
      const isConnected = link.current() !== null && (await settles(drained, DRAIN_TIMEOUT_MS));
      await dispatcher.drain();
      if (isConnected) await settles(link.current()?.flush(), DRAIN_TIMEOUT_MS);
    },
  };

  /** Serves on this connection until the connection or the service ends; restarts in the latter case. */
  async function serve(connection: NatsConnection): Promise<void> {
    clearTimeout(restartTimer);
    const startedAtMs = deps.monotonicMs();
    let reason: Error | null;
    try {
      const added = await addService(connection);
      if (stopped) return void added.stop();
      service = added;
      reason = await added.stopped;
    } catch (error) {
      reason = error as Error;
    }
    if (stopped || connection.isClosed()) return;
    const refused = endpoints.find((endpoint) => isRefused(reason, subjectOf(endpoint)));
    if (refused !== undefined && !denied.has(refused)) {
      // The other subjects are served: an account from before this subject existed goes on as it was.
      denied.add(refused);
      logger.error('the NATS account may not subscribe to a subject of the service', {
        subject: subjectOf(refused),
      });
      return void serve(connection);
    }
    if (deps.monotonicMs() - startedAtMs > RESTART_BACKOFF.maxMs) restarts = 0;
    restarts += 1;
    const pauseMs = backoffDelayMs(restarts, RESTART_BACKOFF);
    logger.error('the NATS service lost a subscription and restarts', {
      error: reason,
      pause_ms: pauseMs,
    });
    restartTimer = setTimeout(() => void serve(connection), pauseMs);
  }

  async function addService(connection: NatsConnection): Promise<Service> {
    const added = await new Svcm(guardReplies(connection, { ...deps, isInbox })).add({
      name: SERVICE_NAME,
      version: settings.version,
      description: 'Reads and changes users, and introspects access tokens.',
      metadata: { instance_id: instanceId },
      queue: SERVICE_NAME,
      statsHandler: async (reported) => {
        const { name } = reported as { name?: string };
        stats.get(name ?? '')?.writeTo(reported);
        return undefined;
      },
    });
    for (const endpoint of endpoints) {
      if (denied.has(endpoint)) continue;
      const group = added.addGroup(endpoint.prefix ?? SUBJECT_PREFIX, SERVICE_NAME);
      group.addEndpoint(endpoint.name, {
        metadata: { access: endpoint.access },
        handler: (_error, message) =>
          dispatcher.dispatch(endpoint, stats.get(endpoint.name) as EndpointStats, message),
      });
    }
    return added;
  }
}

function isRefused(reason: Error | null, subject: string): boolean {
  return (
    reason instanceof PermissionViolationError &&
    reason.operation === 'subscription' &&
    reason.subject === subject
  );
}

/** Whether the promise is fulfilled or rejected within the time. */
function settles(promise: Promise<unknown> | undefined, timeoutMs: number): Promise<boolean> {
  return withFallback(
    timeoutMs,
    () =>
      Promise.resolve(promise).then(
        () => true,
        () => true,
      ),
    () => false,
  );
}
