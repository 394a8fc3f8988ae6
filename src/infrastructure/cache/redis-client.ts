import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { Cluster, type CommonRedisOptions, Redis, type RedisOptions } from 'ioredis';
import { type Backoff, backoffDelayMs } from '../../lib/backoff.ts';
import { monotonicMs } from '../system/monotonic.ts';

/** The configuration keys `redis.*`. */
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
  /** `host:port` of each sentinel. */
  readonly sentinels: readonly string[];
  readonly sentinelName?: string | undefined;
  /** `host:port` of some nodes; the client discovers the others. */
  readonly clusterNodes: readonly string[];
}

/** One node, the primary that sentinels name, or a cluster. */
export type RedisClient = Redis | Cluster;

/** Receives changes of a client's connections, including those to a cluster's nodes. */
export interface ConnectionListener {
  onReady(): void;
  onLost(): void;
}

/** Above the deadline of every caller: frees what the client keeps for a command without a response. */
const COMMAND_TIMEOUT_FACTOR = 2;
const CONNECT_TIMEOUT_MS = 1_000;
/** A connection that owes a response for this long is closed: how the client recovers from a peer that vanished. */
const SILENCE_MS = 3_000;
const KEEP_ALIVE_MS = 5_000;
/** 50, 100, … 1,000 ms, each shortened by up to a fifth. */
const RECONNECT: Backoff = { firstMs: 50, maxMs: 1_000, jitter: 0.2 };
/** Pause before an ended client connects again; well below the warm-up of other instances. */
const REVIVAL_MS = 100;
const MAX_REDIRECTIONS = 4;
/**
 * Commands that skip auto-pipelining: look-ups, which are batched already, and deletions, which must be on the wire
 * when their caller stops waiting for the response.
 */
const SENT_AT_ONCE = ['mget', 'del', 'ping'];

/**
 * Connects in the background and reconnects until `endRedisClient`; an unreachable server causes no exception. Commands
 * fail at once without a connection and are never sent twice.
 * @throws when a TLS file cannot be read.
 */
export function createRedisClient(
  settings: RedisSettings,
  options: { readonly deadlineMs: number },
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
    reconnectOnError: createFailoverDetector(),
  };
  const client =
    settings.clusterNodes.length > 0
      ? createCluster(settings, common)
      : createSingle(settings, common, tls);
  // It prints an error that has no listener, and goes on in database 0 when the configured one cannot be selected.
  client.on('error', (error: RedisError) => {
    if (error.command?.name === 'select') client.disconnect(true);
  });
  client.on('end', () => revive(client));
  client.connect().catch(ignore); // the events report it, and the client tries again
  return client;
}

/** The socket to the server, or to one master of the cluster; undefined without a connection. */
export function connectedSocket(client: RedisClient): unknown {
  return (client instanceof Cluster ? client.nodes('master')[0] : client)?.stream;
}

/** Calls the listener on each change of a connection from now on. */
export function watchConnections(client: RedisClient, listener: ConnectionListener): void {
  client.on('error', () => listener.onLost());
  client.on('close', () => listener.onLost());
  client.on('ready', () => listener.onReady());
  if (!(client instanceof Cluster)) return;
  client.on('node error', () => listener.onLost());
  client.on('+node', (node: Redis) => {
    node.on('close', () => listener.onLost());
    node.on('ready', () => listener.onReady());
  });
}

/** Clients of one server whose commands must not name keys of several slots. */
const slotted = new WeakSet<RedisClient>();

/** From now on each command names one key: the server is a cluster of its own. */
export function markSlotted(client: RedisClient): void {
  slotted.add(client);
}

/** Whether keys of one command would have to share a slot. */
export function usesSlots(client: RedisClient): boolean {
  return client instanceof Cluster || slotted.has(client);
}

/** The address at which a client begins: the server, or the first sentinel or node. */
export function firstAddress(settings: RedisSettings): { host: string; port: number } {
  const [first] = settings.sentinels.length > 0 ? settings.sentinels : settings.clusterNodes;
  if (first !== undefined) return parseAddress(first);
  return { host: settings.host ?? 'localhost', port: settings.port };
}

/** The servers that hold keys: one, or the primaries of a cluster. */
export function serversOf(client: RedisClient): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

/** Clients that their owner ended. */
const ended = new WeakSet<RedisClient>();

/** Closes the connections and stops reconnecting; later commands fail. */
export function endRedisClient(client: RedisClient): void {
  ended.add(client);
  client.disconnect();
}

/**
 * Reconnects a client that ioredis ended. That happens when a failover is announced while ioredis asks the sentinels
 * for the primary: its connector is told to disconnect, and the end of that attempt counts as the end of the client.
 */
function revive(client: RedisClient): void {
  setTimeout(() => {
    if (ended.has(client) || client.status !== 'end') return;
    client.connect().catch(ignore); // the events report it, and the client tries again
  }, REVIVAL_MS).unref();
}

/** An error reply names its command. */
type RedisError = Error & { readonly command?: { readonly name?: string } };

/**
 * After a failover the old primary is a replica that still accepts connections: a new one finds the primary. Where the
 * address is that of a replica for good, it reconnects once a second at most.
 */
function createFailoverDetector(): (error: Error) => boolean {
  let nextAtMs = 0;
  return (error) => {
    if (!error.message.startsWith('READONLY') || monotonicMs() < nextAtMs) return false;
    nextAtMs = monotonicMs() + RECONNECT.maxMs;
    return true;
  };
}

type Common = Pick<RedisOptions, 'username' | 'password' | 'tls'> &
  Omit<CommonRedisOptions, 'replyMapping'>;

function createSingle(
  settings: RedisSettings,
  common: Common,
  tls: ConnectionOptions | undefined,
): Redis {
  const address =
    settings.sentinels.length > 0
      ? {
          sentinels: settings.sentinels.map(parseAddress),
          name: settings.sentinelName ?? 'mymaster',
          sentinelRetryStrategy: retryDelay,
          sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
          failoverDetector: true,
          ...(tls === undefined ? {} : { sentinelTLS: tls, enableTLSForSentinelMode: true }),
        }
      : firstAddress(settings);
  return new Redis({
    ...common,
    ...address,
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
    natMap: findSelfAddress(settings),
    // With TLS, keep host names: the certificate must match them.
    ...(settings.tls ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
  });
}

/** Stands for the host of a node that does not know its own. */
const SELF = 'self.invalid';

/**
 * A node that never met another one does not know its address and leaves it empty, which means the address it was
 * reached at (CLUSTER SLOTS, "unknown endpoint"). The client library would drop such a node.
 */
Redis.Command.setReplyTransformer('cluster', (reply: unknown) => {
  if (!Array.isArray(reply)) return reply;
  for (const range of reply) {
    if (!Array.isArray(range)) continue;
    for (const node of range.slice(2)) if (Array.isArray(node) && !node[0]) node[0] = SELF;
  }
  return reply;
});

/** Maps the stand-in to the start node with that port, else to the only start node, else to the first one's host. */
function findSelfAddress({ clusterNodes }: RedisSettings) {
  const nodes = clusterNodes.map(parseAddress);
  return (key: string): { host: string; port: number } | null => {
    if (!key.startsWith(`${SELF}:`)) return null;
    const port = Number(key.slice(SELF.length + 1));
    const [first] = nodes;
    const found = nodes.find((node) => node.port === port);
    if (found !== undefined || nodes.length === 1) return found ?? first ?? null;
    return first === undefined ? null : { host: first.host, port };
  };
}

function retryDelay(attempt: number): number {
  return backoffDelayMs(attempt, RECONNECT);
}

function ignore(): void {}

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
    // Without it, NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would turn the verification off.
    rejectUnauthorized: true,
  };
}

function present<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]: V });
}
