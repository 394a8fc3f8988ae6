import { readFile } from 'node:fs/promises';
import {
  connect,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node';
import type { HealthCheck, Logger } from '../../domain/ports.ts';

/** How a NATS server is reached. Files are paths of PEM or credentials files. */
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
  /** Shown in the server's list of connections. */
  readonly name?: string;
  /** How often the server is asked whether it is there; two missed answers end the connection. 5 s by default. */
  readonly pingIntervalMs?: number;
}

/** Hears of one change of the link. */
export type NatsLinkListener = (connected: boolean) => void;

/**
 * The way to NATS: `connecting` until the first server answered, then `connected` and `disconnected` in turns, `closed`
 * at the end. What is sent while disconnected may be dropped, so senders look at `isConnected` first.
 */
export interface NatsLink {
  /** The connection while it is there; null before the first one, while disconnected and after `close`. */
  current(): NatsConnection | null;
  isConnected(): boolean;
  /** Hears of each later change, and of the present state at once. @returns the function that ends it. */
  onChange(listener: NatsLinkListener): () => void;
  /** Calls for each new connection object, the present one too; subscriptions live as long as that object. */
  onConnection(listener: (connection: NatsConnection) => void): () => void;
  /** Hands over what was sent and taken, then ends the connection. May be called twice. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
const RETRY_MS = 500;
const PING_INTERVAL_MS = 5_000;
/** Errors of one connection that are logged; one that comes again is not. */
const MAX_TOLD = 100;
/** A frozen server answers no drain. */
const DRAIN_TIMEOUT_MS = 5_000;

/**
 * Starts to connect and comes back at once, also where no server answers: it goes on trying until it is closed.
 * @throws Error when a file of the settings cannot be read.
 */
export async function connectNats(
  settings: NatsSettings,
  deps: { readonly logger: Logger },
): Promise<NatsLink> {
  const { logger } = deps;
  const options = await connectionOptions(settings);
  const changes = new Set<NatsLinkListener>();
  const connections = new Set<(connection: NatsConnection) => void>();
  const stopping = new AbortController();
  let connection: NatsConnection | null = null;
  let connected = false;

  function setConnected(value: boolean): void {
    if (connected === value) return;
    connected = value;
    for (const listener of [...changes]) listener(value);
  }

  async function follow(opened: NatsConnection): Promise<void> {
    connection = opened;
    for (const listener of [...connections]) listener(opened);
    setConnected(true);
    logger.info('connected to NATS', { server: opened.getServer() });
    // A missing right is told at each try; the operator need hear of it once for each connection.
    const told = new Set<string>();
    for await (const status of opened.status()) {
      if (status.type === 'disconnect') {
        setConnected(false);
        logger.warn('NATS is not reachable', { server: status.server });
      } else if (status.type === 'reconnect') {
        setConnected(true);
        told.clear();
        logger.info('connected to NATS again', { server: status.server });
      } else if (status.type === 'error') {
        const { message } = status.error;
        if (told.has(message) || told.size >= MAX_TOLD) continue;
        told.add(message);
        logger.warn('NATS reported an error', { error: status.error });
      }
    }
    setConnected(false);
    connection = null;
  }

  async function keepConnected(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        const opened = await connect(options);
        failures = 0;
        if (stopping.signal.aborted) await opened.close();
        else await follow(opened);
      } catch (error) {
        failures += 1;
        if (failures === 1) logger.warn('NATS is not reachable', { error });
      }
      await pause(RETRY_MS, stopping.signal);
    }
  }

  const finished = keepConnected();

  return {
    current: () => (connected ? connection : null),
    isConnected: () => connected,
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
      const open = connection;
      if (open !== null && !open.isClosed()) await drainOrClose(open, connected);
      await finished;
    },
  };
}

/** Without a server there is nobody to drain to, and the library would wait for one. */
async function drainOrClose(connection: NatsConnection, connected: boolean): Promise<void> {
  if (!connected) return connection.close();
  const late = new AbortController();
  await Promise.race([
    connection.drain().catch(() => connection.close()),
    pause(DRAIN_TIMEOUT_MS, late.signal).then(() =>
      late.signal.aborted ? undefined : connection.close(),
    ),
  ]);
  late.abort();
}

/** Asks the server for an answer: an open socket says nothing about a frozen one. */
export function createNatsHealthCheck(link: Pick<NatsLink, 'current'>): HealthCheck {
  return {
    name: 'messaging',
    driver: 'nats',
    required: false,
    async check(signal) {
      signal.throwIfAborted();
      const connection = link.current();
      if (connection === null) throw new Error('NATS is not reachable');
      await connection.flush();
      signal.throwIfAborted();
    },
  };
}

async function connectionOptions(settings: NatsSettings): Promise<NodeConnectionOptions> {
  const { servers, user, password, token, credsFile } = settings;
  // Read now, so that a missing file is a fault of the start and not of a later reconnect.
  const creds = credsFile === undefined ? undefined : await readFile(credsFile);
  return {
    servers: [...servers],
    name: settings.name ?? 'user-service',
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { pass: password }),
    ...(token === undefined ? {} : { token }),
    ...(creds === undefined ? {} : { authenticator: credsAuthenticator(creds) }),
    ...(settings.tls ? { tls: await tlsFiles(settings) } : {}),
    maxReconnectAttempts: -1,
    // A server that refuses the credentials may be in the middle of getting new ones.
    ignoreAuthErrorAbort: true,
    // Two stack traces for each request, which would be a sixth of what publishing costs.
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
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function pause(timeoutMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, timeoutMs);
    signal.addEventListener('abort', done);
  });
}
