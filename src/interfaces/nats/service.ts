import { type Service, Svcm } from '@nats-io/services';
import type { NatsConnection } from '@nats-io/transport-node';
import type { IdGenerator, Logger } from '../../domain/ports.ts';
import type { RequestTracer } from '../api/request-tracer.ts';
import { createDispatcher, type ObservedNatsRequest } from './dispatcher.ts';
import type { NatsUseCases } from './endpoint.ts';
import { createEndpointStats, type EndpointStats } from './endpoint-stats.ts';
import { endpoints, SERVICE_NAME, SUBJECT_PREFIX } from './endpoints.ts';
import { HEARTBEAT_INTERVAL_MS, HEARTBEAT_POLL_MS, startHeartbeat } from './heartbeat.ts';
import type { NatsLink } from './nats-link.ts';
import { createRequestHandling } from './request-handling.ts';

/** What the NATS edge is told by the configuration. */
export interface NatsServiceSettings {
  /** Semantic version, shown by discovery. */
  readonly version: string;
  /** How long a request may take to be answered, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** Most requests at work together; 256 unless told. */
  readonly maxConcurrentRequests?: number;
  /** How often health is published, in milliseconds; 10,000 unless told. */
  readonly beatIntervalMs?: number;
  /** How often health is looked at for a change, in milliseconds; 1,000 unless told. */
  readonly beatPollMs?: number;
}

/** What the NATS service stands on. */
export interface NatsServiceDeps {
  readonly link: NatsLink;
  readonly useCases: NatsUseCases;
  readonly logger: Logger;
  /** Makes request ids. */
  readonly ids: IdGenerator;
  /** Writes a time as RFC 3339 text in UTC. */
  readonly formatTime: (time: Date) => string;
  readonly monotonicMs: () => number;
  /** One subject token, such as a UUID. */
  readonly instanceId: string;
  readonly settings: NatsServiceSettings;
  readonly observeRequest?: (request: ObservedNatsRequest) => void;
  /** Without it requests are in no trace. */
  readonly tracer?: RequestTracer;
}

/**
 * The micro service: `waiting` until a server answers, `serving` on each connection it is given, `pausing` after the
 * server took a subscription away, `stopped` at the end.
 */
export interface NatsService {
  /**
   * Takes no more requests, and answers those that were taken; another instance of the queue group gets the next.
   * Comes back by `requestTimeoutMs` and a few seconds, whatever NATS does.
   */
  stop(): Promise<void>;
}

/** Requests that one instance works on together unless told otherwise: many times its database connections. */
const MAX_CONCURRENT_REQUESTS = 256;
/** A server that answers at all does so within this. */
const DRAIN_TIMEOUT_MS = 2_000;
const RESTART_MIN_MS = 1_000;
const RESTART_MAX_MS = 60_000;

/**
 * Answers requests over NATS from now on, whenever there is a server.
 * @throws Error for an instance id that is no subject token
 */
export function createNatsService(deps: NatsServiceDeps): NatsService {
  const { link, logger, settings, instanceId } = deps;
  if (!/^[A-Za-z0-9_-]+$/.test(instanceId)) throw new Error('The instance id is no subject token.');
  const answering = createDispatcher({
    ...deps,
    handling: createRequestHandling(deps),
    requestTimeoutMs: settings.requestTimeoutMs,
    maxConcurrentRequests: settings.maxConcurrentRequests ?? MAX_CONCURRENT_REQUESTS,
  });
  const counts = new Map(endpoints.map(({ name }) => [name, createEndpointStats()]));
  let service: Service | null = null;
  let restartTimer: NodeJS.Timeout | undefined;
  let restartMs = RESTART_MIN_MS;
  let stopped = false;

  const unlisten = link.onConnection((connection) => {
    restartMs = RESTART_MIN_MS;
    void serve(connection);
  });
  const beat = startHeartbeat({
    ...deps,
    intervalMs: settings.beatIntervalMs ?? HEARTBEAT_INTERVAL_MS,
    pollMs: settings.beatPollMs ?? HEARTBEAT_POLL_MS,
  });

  return {
    async stop() {
      stopped = true;
      unlisten();
      clearTimeout(restartTimer);
      await beat.stop();
      const drained = service?.stop();
      // Without a server there is nobody to drain from, and the library would wait for one.
      const responses = link.current() !== null && (await settled(drained, DRAIN_TIMEOUT_MS));
      await answering.idle();
      if (responses) await settled(link.current()?.flush(), DRAIN_TIMEOUT_MS);
    },
  };

  /** Serves on this connection until it or the service ends; comes back for another try in the latter case. */
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
    if (deps.monotonicMs() - startedAtMs > RESTART_MAX_MS) restartMs = RESTART_MIN_MS;
    logger.error('the NATS service lost a subscription and starts again', {
      error: reason,
      pause_ms: restartMs,
    });
    restartTimer = setTimeout(() => void serve(connection), restartMs);
    restartMs = Math.min(2 * restartMs, RESTART_MAX_MS);
  }

  async function addService(connection: NatsConnection): Promise<Service> {
    const added = await new Svcm(connection).add({
      name: SERVICE_NAME,
      version: settings.version,
      description: 'Reads users and their public profiles.',
      metadata: { instance_id: instanceId },
      queue: SERVICE_NAME,
      statsHandler: async (shown) => {
        const { name } = shown as { name?: string };
        counts.get(name ?? '')?.showOn(shown);
        return undefined;
      },
    });
    const group = added.addGroup(SUBJECT_PREFIX, SERVICE_NAME);
    for (const endpoint of endpoints) {
      group.addEndpoint(endpoint.name, {
        metadata: { access: endpoint.access },
        handler: (_error, message) =>
          answering.take(endpoint, counts.get(endpoint.name) as EndpointStats, message),
      });
    }
    return added;
  }
}

/** Waits for a promise's end, well or badly, but not for ever. @returns whether it came to its end in time. */
async function settled(promise: Promise<unknown> | undefined, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const ended = Promise.resolve(promise).then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([ended, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
