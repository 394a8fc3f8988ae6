import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { RedisSettings } from '../../src/infrastructure/cache/redis-client.ts';
import { type RunningProcess, startProcess } from './child-process.ts';
import { eventually } from './eventually.ts';
import { findFreePort } from './free-port.ts';
import { findServerBinary } from './server-binaries.ts';
import { createTemporaryDirectory } from './temp-directory.ts';

export interface RedisOptions {
  /** `[name, value]` lines of redis.conf. */
  readonly settings?: readonly (readonly [string, string])[];
  /** Port of the primary to replicate. */
  readonly replicaOf?: number;
  /** Accepts TLS only; paths of PEM files. */
  readonly tls?: {
    readonly certificatePath: string;
    readonly privateKeyPath: string;
    readonly caPath: string;
  };
}

/**
 * A private Redis server. States: running after `startRedis` and `start`; frozen between `freeze` and `thaw`; down
 * after `kill`, which loses all data since nothing is written to disk; stopped after `stop`.
 */
export interface RedisServer {
  readonly host: string;
  /** The same after a restart. */
  readonly port: number;
  /** Settings of a client, with the prefix `test:`. */
  readonly settings: RedisSettings;
  /** Runs one command on a new connection without TLS. */
  readonly command: (name: string, ...args: readonly string[]) => Promise<unknown>;
  readonly log: () => string;
  /** Sends SIGSTOP: sockets stay open without responses. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Sends SIGKILL. */
  readonly kill: () => Promise<void>;
  /** Starts it again after `kill`. */
  readonly start: () => Promise<void>;
  readonly restart: () => Promise<void>;
  /** Ends the server in any state and removes its files. May be called twice. */
  readonly stop: () => Promise<void>;
}

/** Client settings for one server without access rules. */
export function redisSettings(over: Partial<RedisSettings>): RedisSettings {
  return {
    host: '127.0.0.1',
    port: 6379,
    db: 0,
    keyPrefix: 'test:',
    tls: false,
    sentinels: [],
    clusterNodes: [],
    ...over,
  };
}

/**
 * Starts a Redis server on a free port of 127.0.0.1. It ends with this process, even when this process is killed.
 * @throws with the remedy when redis-server is not installed, or with the server's log when it does not start.
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  return start(options, []);
}

/** Three primaries without replicas that share the slots. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  readonly settings: RedisSettings;
  readonly stop: () => Promise<void>;
}

export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes = await startAll(3, () =>
    start(
      {
        settings: [
          ['cluster-enabled', 'yes'],
          ['cluster-config-file', 'nodes.conf'],
          ['cluster-node-timeout', '2000'],
          ['cluster-require-full-coverage', 'no'],
        ],
      },
      [],
    ),
  );
  try {
    const [first, ...others] = nodes;
    if (first === undefined) throw new Error('no node');
    const share = Math.ceil(SLOTS / nodes.length);
    for (const [index, node] of nodes.entries()) {
      const last = Math.min(SLOTS, (index + 1) * share) - 1;
      await node.command('CLUSTER', 'ADDSLOTSRANGE', String(index * share), String(last));
    }
    for (const other of others) {
      await first.command('CLUSTER', 'MEET', other.host, String(other.port));
    }
    await eventually(
      async () => {
        for (const node of nodes) {
          const info = String(await node.command('CLUSTER', 'INFO'));
          const isComplete = /cluster_state:ok/.test(info) && /cluster_slots_ok:16384/.test(info);
          if (!isComplete || !/cluster_known_nodes:3/.test(info)) throw new Error(info);
        }
      },
      { timeoutMs: 20_000, what: 'a complete cluster' },
    );
  } catch (error) {
    await stopAll(nodes);
    throw error;
  }
  const clusterNodes = nodes.map(({ host, port }) => `${host}:${port}`);
  return {
    nodes,
    settings: redisSettings({ host: undefined, clusterNodes }),
    stop: () => stopAll(nodes),
  };
}

/** One primary, one replica, and three sentinels with a quorum of two. */
export interface RedisSentinels {
  /** The primary at the start. */
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly settings: RedisSettings;
  /** Resolves once the sentinels name this server as the primary. */
  readonly untilPrimary: (server: RedisServer) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts all five; the sentinels replace a primary that is silent for 500 ms. */
export async function startRedisSentinels(): Promise<RedisSentinels> {
  const started: RedisServer[] = [];
  try {
    const primary = await startRedis();
    started.push(primary);
    const replica = await startRedis({ replicaOf: primary.port });
    started.push(replica);
    const sentinels = await startAll(3, () =>
      start(
        {
          settings: [
            ['sentinel monitor', `primary 127.0.0.1 ${primary.port} 2`],
            ['sentinel down-after-milliseconds', 'primary 500'],
            ['sentinel failover-timeout', 'primary 3000'],
          ],
        },
        ['--sentinel'],
      ),
    );
    started.push(...sentinels);
    await eventually(
      async () => {
        if (!/master_link_status:up/.test(String(await replica.command('INFO', 'replication')))) {
          throw new Error('the replica is not in sync yet');
        }
        for (const sentinel of sentinels) {
          const info = String(await sentinel.command('INFO', 'sentinel'));
          if (!/status=ok,.*slaves=1,sentinels=3/.test(info)) throw new Error(info);
        }
      },
      { timeoutMs: 30_000, what: 'sentinels that know each other' },
    );
    return {
      primary,
      replica,
      settings: redisSettings({
        host: undefined,
        sentinels: sentinels.map(({ host, port }) => `${host}:${port}`),
        sentinelName: 'primary',
      }),
      untilPrimary: (server) => untilNamed(sentinels, server),
      stop: () => stopAll(started),
    };
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

const SLOTS = 16_384;

async function untilNamed(sentinels: readonly RedisServer[], server: RedisServer): Promise<void> {
  await eventually(
    async () => {
      for (const sentinel of sentinels) {
        const found = await sentinel.command('SENTINEL', 'get-master-addr-by-name', 'primary');
        if (!Array.isArray(found) || found[1] !== String(server.port)) {
          throw new Error(`a sentinel names ${found}`);
        }
      }
    },
    { timeoutMs: 30_000, what: 'the failover' },
  );
}

async function start(options: RedisOptions, args: readonly string[]): Promise<RedisServer> {
  const binary = findServerBinary('redis-server');
  const directory = createTemporaryDirectory('redis');
  const file = join(directory.path, 'redis.conf');
  const port = await findFreePort();
  // A sentinel rejects settings for servers.
  const serverOnly = args.includes('--sentinel') ? [] : serverSettings(options);
  const network = options.tls === undefined ? [['port', String(port)]] : tlsSettings(options, port);
  const lines = [
    ['bind', '127.0.0.1'],
    ['dir', directory.path],
    ...network,
    ...serverOnly,
    ...(options.settings ?? []),
  ];
  writeFileSync(file, lines.map(([name, value]) => `${name} ${value}\n`).join(''));
  let running: RunningProcess | undefined;

  async function launch(): Promise<void> {
    const launched = await startProcess(binary, [file, ...args], { directory: directory.path });
    running = launched;
    await launched.waitForLine(/Ready to accept connections|Sentinel ID is|\+monitor/);
  }
  async function kill(): Promise<void> {
    await running?.kill();
  }
  async function stop(): Promise<void> {
    await kill();
    await directory.remove();
  }
  try {
    await launch();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host: '127.0.0.1',
    port,
    settings: redisSettings({ port }),
    command: (name, ...values) => runCommand(port, name, values),
    log: () => running?.output() ?? '',
    freeze: () => running?.signal('SIGSTOP'),
    thaw: () => running?.signal('SIGCONT'),
    kill,
    start: launch,
    async restart() {
      await kill();
      await launch();
    },
    stop,
  };
}

function serverSettings(options: RedisOptions): string[][] {
  return [
    ['save', '""'],
    ['appendonly', 'no'],
    ['repl-diskless-sync-delay', '0'],
    ...(options.replicaOf === undefined ? [] : [['replicaof', `127.0.0.1 ${options.replicaOf}`]]),
  ];
}

function tlsSettings({ tls }: RedisOptions, port: number): string[][] {
  return [
    ['port', '0'],
    ['tls-port', String(port)],
    ['tls-cert-file', tls?.certificatePath ?? ''],
    ['tls-key-file', tls?.privateKeyPath ?? ''],
    ['tls-ca-cert-file', tls?.caPath ?? ''],
    ['tls-auth-clients', 'optional'],
  ];
}

async function runCommand(port: number, name: string, values: readonly string[]): Promise<unknown> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    retryStrategy: () => null,
    commandTimeout: 5_000,
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  client.on('error', () => undefined); // the command rejects with it
  try {
    await client.connect();
    return await client.call(name, ...values);
  } finally {
    client.disconnect();
  }
}

async function startAll(
  count: number,
  startOne: () => Promise<RedisServer>,
): Promise<RedisServer[]> {
  const results = await Promise.allSettled(Array.from({ length: count }, startOne));
  const started = results.flatMap((result) =>
    result.status === 'fulfilled' ? [result.value] : [],
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return started;
  await stopAll(started);
  throw failed.reason;
}

async function stopAll(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}
