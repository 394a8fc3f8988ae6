import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionOptions } from 'node:tls';
import {
  connect,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
  PermissionViolationError,
} from '@nats-io/transport-node';
import { DependencyFailure } from '../../domain/dependency-failure.ts';
import type { HealthCheck, Logger } from '../../domain/ports.ts';
import { withFallback } from '../../lib/deadline.ts';
import { natsFailure } from './nats-failure.ts';
import { createNatsOutage } from './nats-outage.ts';

/** Files are paths of PEM or credentials files. */
export interface NatsSettings {
  readonly servers: readonly string[];
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
  readonly credsFile?: string | undefined;
  readonly tls: boolean;
  readonly tlsCa?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** Prefix of the subjects that replies to this connection arrive on; `_INBOX` by default. */
  readonly inboxPrefix?: string;
  /** Shown in the server's list of connections. */
  readonly name?: string;
  /** How often the server is pinged; two missed answers end the connection. 5 s by default. */
  readonly pingIntervalMs?: number;
}

export type NatsLinkListener = (connected: boolean) => void;

/**
 * The link to NATS: `connecting` until the first server answers, then `connected` or `disconnected`, `closed` at the end.
 * Messages sent while disconnected may be dropped, so senders check `isConnected` first.
 */
export interface NatsLink {
  /** The connection; null before the first one, while disconnected and after `close`. */
  current(): NatsConnection | null;
  isConnected(): boolean;
  /** Why there is no connection; null while there is one, or before the first attempt has failed. */
  failure(): DependencyFailure | null;
  /** What limits the connection: a subject of the service that the account may not use, or too small messages. */
  limitation(): DependencyFailure | null;
  /** Calls the listener with the present state at once, and on each change. @returns the function that unsubscribes it. */
  onChange(listener: NatsLinkListener): () => void;
  /** Calls the listener for each new connection object and the present one; subscriptions live as long as that object. */
  onConnection(listener: (connection: NatsConnection) => void): () => void;
  /** Flushes sent and received messages, then closes the connection. May be called twice. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
const RETRY_MS = 500;
const PING_INTERVAL_MS = 5_000;
/** A server with a smaller `max_payload` refuses larger events and responses; NATS has 1 MiB by default. */
const MIN_PAYLOAD_BYTES = 64 * 1024;
/** Distinct errors logged for one connection. */
const MAX_LOGGED_ERRORS = 100;
/** A frozen server never finishes a drain. */
const DRAIN_TIMEOUT_MS = 5_000;

/**
 * Starts to connect and returns at once, even when no server answers. It keeps trying until the link is closed.
 * @throws Error when a file of the settings cannot be read.
 */
export async function connectNats(
  settings: NatsSettings,
  deps: { readonly logger: Logger },
): Promise<NatsLink> {
  const { logger } = deps;
  const options = await connectionOptions(settings);
  const inboxPrefix = settings.inboxPrefix ?? '_INBOX';
  const changes = new Set<NatsLinkListener>();
  const connections = new Set<(connection: NatsConnection) => void>();
  const stopping = new AbortController();
  const outage = createNatsOutage(
    settings.servers,
    {
      ...{ user: settings.user, pass: settings.password, token: settings.token },
      signs: settings.credsFile !== undefined,
      tls: settings.tls
        ? { ...(options.tls as ConnectionOptions), minVersion: 'TLSv1.2' }
        : undefined,
    },
    logger,
  );
  let connection: NatsConnection | null = null;
  let connected = false;
  let limitation: DependencyFailure | null = null;

  function setConnected(value: boolean): void {
    if (connected === value) return;
    connected = value;
    for (const listener of [...changes]) listener(value);
  }

  function onReady(opened: NatsConnection): void {
    outage.end();
    limitation = findSmallPayload(opened);
    if (limitation !== null) logLimitation(limitation);
    setConnected(true);
  }

  function logLimitation(found: DependencyFailure): void {
    logger.warn('NATS cannot carry all messages', { reason: found.reason, error: found });
  }

  async function follow(opened: NatsConnection): Promise<void> {
    connection = opened;
    for (const listener of [...connections]) listener(opened);
    onReady(opened);
    logger.info('connected to NATS', { server: opened.getServer() });
    // The server reports a missing permission at each attempt; once per connection is enough for the log.
    const logged = new Set<string>();
    for await (const status of opened.status()) {
      if (status.type === 'disconnect') {
        setConnected(false);
        outage.lost(status.server);
      } else if (status.type === 'reconnect') {
        onReady(opened);
        logged.clear();
        logger.info('connected to NATS again', { server: status.server });
      } else if (status.type === 'error') {
        const { error } = status;
        if (limitation === null && concernsService(error, inboxPrefix)) {
          limitation = natsFailure(error);
        }
        if (!connected && !(error instanceof PermissionViolationError)) {
          outage.failed(natsFailure(error));
          continue;
        }
        if (logged.has(error.message) || logged.size >= MAX_LOGGED_ERRORS) continue;
        logged.add(error.message);
        logger.warn('NATS reported an error', { error });
      }
    }
    setConnected(false);
    connection = null;
  }

  async function keepConnected(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const opened = await connect(options);
        if (stopping.signal.aborted) await opened.close();
        else await follow(opened);
      } catch (error) {
        if (!stopping.signal.aborted) await outage.explainAndReport(natsFailure(error));
      }
      await delay(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  const finished = keepConnected();

  return {
    current: () => (connected ? connection : null),
    isConnected: () => connected,
    failure: () => (connected ? null : outage.failure()),
    limitation: () => (connected ? limitation : null),
    onChange(listener) {
      changes.add(listener);
      listener(connected);
      return () => void changes.delete(listener);
    },
    onConnection(listener) {
      connections.add(listener);
      if (connection !== null) listener(connection);
      return () => void connections.delete(listener);
    },
    async close() {
      stopping.abort();
      outage.end();
      const open = connection;
      if (open !== null && !open.isClosed()) await drainOrClose(open, connected);
      await finished;
    },
  };
}

/** While disconnected, the library's drain would wait for a server. */
async function drainOrClose(connection: NatsConnection, connected: boolean): Promise<void> {
  if (!connected) return connection.close();
  const close = () => connection.close();
  await withFallback<void>(DRAIN_TIMEOUT_MS, () => connection.drain().catch(close), close);
}

/**
 * Works while the server answers and the stream can carry the events. An open socket does not show that the server is
 * frozen, and a server that answers may have no JetStream.
 */
export function createNatsHealthCheck(
  link: Pick<NatsLink, 'current' | 'failure' | 'limitation'>,
  checkStream: () => Promise<void> = async () => {},
): HealthCheck {
  return {
    name: 'messaging',
    driver: 'nats',
    required: false,
    async check(signal) {
      signal.throwIfAborted();
      const connection = link.current();
      if (connection === null) {
        throw link.failure() ?? new DependencyFailure('unreachable', 'NATS is not reachable');
      }
      await connection.flush();
      await checkStream();
      signal.throwIfAborted();
      return link.limitation()?.reason;
    },
  };
}

/** Whether a subject of the service itself is refused. The inbox of a caller is the caller's affair. */
function concernsService(error: Error, inboxPrefix: string): boolean {
  if (!(error instanceof PermissionViolationError)) return false;
  const { operation, subject } = error;
  if (subject.startsWith('users.')) return true;
  return operation === 'subscription' && subject.startsWith(`${inboxPrefix}.`);
}

function findSmallPayload({ info }: NatsConnection): DependencyFailure | null {
  const limit = info?.max_payload ?? MIN_PAYLOAD_BYTES;
  if (limit >= MIN_PAYLOAD_BYTES) return null;
  return new DependencyFailure(
    'message_size',
    `max_payload of the server is ${limit} bytes; the service needs ${MIN_PAYLOAD_BYTES}`,
  );
}

/** The library's options. @throws Error when a file of the settings cannot be read. */
export async function connectionOptions(settings: NatsSettings): Promise<NodeConnectionOptions> {
  const { servers, user, password, token, credsFile } = settings;
  // Read now, so that a missing file fails the start and not a later reconnect.
  const creds = credsFile === undefined ? undefined : await readFile(credsFile);
  return {
    servers: [...servers],
    name: settings.name ?? 'user-service',
    ...(settings.inboxPrefix === undefined ? {} : { inboxPrefix: settings.inboxPrefix }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(token === undefined ? {} : { token }),
    ...(creds === undefined ? {} : { authenticator: credsAuthenticator(creds) }),
    ...(settings.tls ? { tls: await tlsFiles(settings) } : {}),
    maxReconnectAttempts: -1,
    // A server that refuses the credentials may be loading new ones.
    ignoreAuthErrorAbort: true,
    // Async traces capture two stack traces for each request, a sixth of the cost of publishing.
    noAsyncTraces: true,
    reconnectTimeWait: RETRY_MS,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: settings.pingIntervalMs ?? PING_INTERVAL_MS,
    maxPingOut: 2,
  };
}

async function tlsFiles({ tlsCa, tlsCert, tlsKey }: NatsSettings) {
  const read = async (path: string | undefined) =>
    path === undefined ? undefined : await readFile(path, 'utf8');
  const [ca, cert, key] = await Promise.all([read(tlsCa), read(tlsCert), read(tlsKey)]);
  return {
    // Without it, NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would turn the verification off.
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
