import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { Cluster, type CommonRedisOptions, Redis, type RedisOptions } from 'ioredis';

/** How to reach Redis: the keys `redis.*` of the configuration. */
export interface RedisSettings {
  readonly host?: string | undefined;
  readonly port: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly db: number;
  readonly keyPrefix: string;
  readonly tls: boolean;
  readonly tlsCa?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsServerName?: string | undefined;
  /** `host:port` of each. */
  readonly sentinels: readonly string[];
  readonly sentinelName?: string | undefined;
  /** `host:port` of some. */
  readonly clusterNodes: readonly string[];
}

/** One node, the primary that sentinels name, or a cluster. */
export type RedisClient = Redis | Cluster;

/** What a client tells of its connections, a cluster's nodes included. */
export interface ConnectionListener {
  onReady(): void;
  onLost(error?: Error): void;
}

/** Past the deadline of any caller: frees what the client keeps of a command that gets no answer. */
const COMMAND_TIMEOUT_FACTOR = 2;
const CONNECT_TIMEOUT_MS = 1_000;
/** A connection that owes answers so long is given up: the way back from a peer that vanished without a word. */
const SILENCE_MS = 3_000;
const KEEP_ALIVE_MS = 5_000;
const LONGEST_RETRY_MS = 1_000;
/** Before a client that was given up connects again; well below the time in which others disbelieve what it missed. */
const REVIVAL_MS = 100;
const MAX_REDIRECTIONS = 4;
/**
 * Commands that do not wait in this process for the pipelines under way: look-ups that are gathered already, and
 * deletions, which have to be on the wire when their caller gives up waiting for the answer.
 */
const SENT_AT_ONCE = ['mget', 'del', 'ping'];

/**
 * Begins to connect and goes on trying for ever; never throws for a server that is away. Commands fail at once while
 * there is no connection, and are never sent a second time.
 * @throws when a TLS file cannot be read.
 */
export function createRedisClient(
  settings: RedisSettings,
  options: { readonly deadlineMs: number; readonly listener: ConnectionListener },
): RedisClient {
  const tls = settings.tls ? readTls(settings) : undefined;
  const common: Common = {
    ...present('username', settings.username),
    ...present('password', settings.password),
    ...(tls === undefined ? {} : { tls }),
    commandTimeout: options.deadlineMs * COMMAND_TIMEOUT_FACTOR,
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    keepAlive: KEEP_ALIVE_MS,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: true,
    autoPipeliningIgnoredCommands: SENT_AT_ONCE,
    disableClientInfo: true,
    connectionName: 'user-service',
    // After a failover the old primary is a replica that still accepts connections.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
  const client =
    settings.clusterNodes.length > 0
      ? createCluster(settings, common)
      : createSingle(settings, common, tls);
  listen(client, options.listener);
  client.connect().catch(() => undefined); // told by the events, and tried again
  return client;
}

/** Clients that their owner has ended. */
const ended = new WeakSet<RedisClient>();

/** Ends the connections for good; commands after it fail. */
export function endRedisClient(client: RedisClient): void {
  ended.add(client);
  client.disconnect();
}

/**
 * ioredis gives a client up when the failover is announced while it asks the sentinels for the primary: its connector
 * is told to disconnect, and the end of that attempt counts as the end of the client.
 */
function revive(client: RedisClient): void {
  setTimeout(() => {
    if (ended.has(client) || client.status !== 'end') return;
    client.connect().catch(() => undefined); // told by the events, and tried again
  }, REVIVAL_MS).unref();
}

type Common = Pick<RedisOptions, 'username' | 'password' | 'tls'> &
  Omit<CommonRedisOptions, 'replyMapping'>;

function createSingle(
  settings: RedisSettings,
  common: Common,
  tls: ConnectionOptions | undefined,
): Redis {
  const place =
    settings.sentinels.length > 0
      ? {
          sentinels: settings.sentinels.map(parseAddress),
          name: settings.sentinelName ?? 'mymaster',
          sentinelRetryStrategy: retryDelay,
          sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
          failoverDetector: true,
          ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
        }
      : { host: settings.host ?? 'localhost', port: settings.port };
  return new Redis({
    ...common,
    ...place,
    db: settings.db,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: retryDelay,
  });
}

function createCluster(settings: RedisSettings, common: Common): Cluster {
  return new Cluster(settings.clusterNodes.map(parseAddress), {
    redisOptions: common,
    lazyConnect: true,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    autoPipeliningIgnoredCommands: SENT_AT_ONCE,
    clusterRetryStrategy: retryDelay,
    clusterNodeRetryStrategy: retryDelay,
    maxRedirections: MAX_REDIRECTIONS,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    // Addresses stay names where the certificate has to fit them.
    ...(settings.tls ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
  });
}

function listen(client: RedisClient, listener: ConnectionListener): void {
  client.on('error', (error: Error) => listener.onLost(error));
  client.on('close', () => listener.onLost());
  client.on('ready', () => listener.onReady());
  client.on('end', () => revive(client));
  if (!(client instanceof Cluster)) return;
  client.on('node error', (error: Error) => listener.onLost(error));
  client.on('+node', (node: Redis) => {
    node.on('close', () => listener.onLost());
    node.on('ready', () => listener.onReady());
  });
}

function retryDelay(times: number): number {
  return Math.min(25 * 2 ** Math.min(times, 10), LONGEST_RETRY_MS) * (0.8 + 0.2 * Math.random());
}

function parseAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(address.slice(colon + 1)) };
}

function readTls(settings: RedisSettings): ConnectionOptions {
  const read = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path));
  return {
    ...present('ca', read(settings.tlsCa)),
    ...present('cert', read(settings.tlsCert)),
    ...present('key', read(settings.tlsKey)),
    ...present('servername', settings.tlsServerName),
    minVersion: 'TLSv1.2',
  };
}

function present<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]: V });
}
