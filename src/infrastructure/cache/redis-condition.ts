import { Cluster } from 'ioredis';
import { DependencyFailure } from '../../domain/dependency-failure.ts';
import type { Logger } from '../../domain/ports.ts';
import { identifyPeer, type PeerAddress } from '../system/identify-peer.ts';
import { monotonicMs } from '../system/monotonic.ts';
import { markSlotted, type RedisClient, serversOf, usesSlots } from './redis-client.ts';
import { explainByPeer, isAmbiguous, redisFailure } from './redis-failure.ts';
import { createRedisScript } from './redis-script.ts';

export interface RedisConditionDeps {
  readonly client: RedisClient;
  readonly settings: { readonly tls: boolean };
  /** The first address of the settings: what answers there explains an unclear failure. */
  readonly address: PeerAddress;
  readonly prefix: string;
  readonly logger: Logger;
}

/**
 * Whether Redis does its work: it is *usable*, or *failing* with a reason. It is probed when a connection is ready, at
 * each health check, and every second while it fails. The probe runs every kind of command that the cache uses, so a
 * missing right, a replica, a full memory or another topology shows without traffic.
 *
 * The log has each reason of an outage once, and one line at its end.
 */
export interface RedisCondition {
  /** Probes now. @throws DependencyFailure */
  check(): Promise<void>;
  /** An error reply to a command of the cache. */
  reportErrorReply(error: unknown): void;
  close(): void;
}

const PROBE = `
redis.call('MGET', KEYS[1])
redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('DEL', KEYS[1])
return 1`;
const PROBE_TTL_MS = 1_000;
const PROBE_INTERVAL_MS = 1_000;
/** Pause between two looks at what answers while the cause of an outage is not clear. */
const LOOK_INTERVAL_MS = 5_000;
/** A server that accepted the connection and is not ready after this time reads its data. */
const LOADING_AFTER_MS = 1_000;
/** Probed in a cluster, so that a node that fails is met with high probability. */
const CLUSTER_KEYS = 16;

export function createRedisCondition(deps: RedisConditionDeps): RedisCondition {
  const { client, prefix, logger } = deps;
  const runProbe = createRedisScript(client, PROBE);
  const logged = new Set<string>();
  let failure: DependencyFailure | null = null;
  let closed = false;
  let nextLookAtMs = 0;
  let probing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let loadingTimer: NodeJS.Timeout | undefined;

  function fail(error: unknown): DependencyFailure {
    const found = redisFailure(error);
    // An unclear error does not replace what has been found out about the same outage.
    if (failure !== null && isAmbiguous(found)) {
      if (isAmbiguous(failure) && monotonicMs() >= nextLookAtMs) void explain(failure);
      return failure;
    }
    failure = found;
    if (isAmbiguous(found)) void explain(found);
    else report(found);
    probeLater();
    return found;
  }

  async function explain(unclear: DependencyFailure): Promise<void> {
    nextLookAtMs = monotonicMs() + LOOK_INTERVAL_MS;
    const explained = explainByPeer(unclear, await identifyPeer(deps.address), deps.settings);
    // The outage may be over, or its cause known, by now.
    if (failure !== unclear || closed) return;
    failure = explained;
    report(explained);
  }

  function report(found: DependencyFailure): void {
    if (closed || logged.has(found.reason)) return;
    logged.add(found.reason);
    logger.warn('Redis cannot be used; reads go to the database', {
      reason: found.reason,
      error: found,
    });
  }

  function recover(): void {
    failure = null;
    if (logged.size === 0) return;
    logged.clear();
    logger.info('Redis can be used again');
  }

  async function probe(): Promise<void> {
    if (client.status !== 'ready') throw notReady();
    await Promise.all(serversOf(client).map((server) => server.ping()));
    if (!usesSlots(client)) await detectSlots(client, prefix);
    const keys = Array.from(
      { length: usesSlots(client) ? CLUSTER_KEYS : 1 },
      (_, index) => `${prefix}health:${index}`,
    );
    await Promise.all(keys.map((key) => runProbe([key], ['probe', PROBE_TTL_MS])));
  }

  function notReady(): DependencyFailure {
    if (failure !== null) return failure;
    return client.status === 'connect' && !(client instanceof Cluster)
      ? new DependencyFailure('loading', 'Redis accepted the connection and is not ready yet')
      : new DependencyFailure('unreachable', 'the cache is not connected');
  }

  /** Callers share one probe. */
  function check(): Promise<void> {
    probing ??= probe()
      .then(recover, (error: unknown) => {
        // Without a connection the events of the client say why.
        throw client.status === 'ready' && !closed ? fail(error) : redisFailure(error);
      })
      .finally(() => {
        probing = null;
      });
    return probing;
  }

  function probeLater(): void {
    if (closed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (failure === null) return;
      check()
        .catch(ignore) // it is kept as `failure`
        .then(() => void (failure !== null && probeLater()));
    }, PROBE_INTERVAL_MS);
    timer.unref();
  }

  function watch(): void {
    let wasReady = false;
    let hadError = false;
    client.on('connect', () => {
      hadError = false;
      clearTimeout(loadingTimer);
      if (client instanceof Cluster) return;
      loadingTimer = setTimeout(() => {
        if (client.status === 'connect') fail(notReady());
      }, LOADING_AFTER_MS);
      loadingTimer.unref();
    });
    client.on('ready', () => {
      wasReady = true;
      check().catch(ignore); // it is kept as `failure`
    });
    client.on('error', (error: unknown) => {
      hadError = true;
      if (!closed) fail(error);
    });
    client.on('close', () => {
      if (closed || hadError) return;
      const isClusterDown = client instanceof Cluster && !wasReady;
      wasReady = false;
      fail(new Error(isClusterDown ? 'the cluster_state is not ok' : 'the connection was closed'));
    });
  }

  watch();
  return {
    check,
    reportErrorReply: (error) => void (closed || fail(error)),
    close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(loadingTimer);
    },
  };
}

/** A cluster of one, reached as a single server, runs no command on keys of several slots. */
async function detectSlots(client: RedisClient, prefix: string): Promise<void> {
  try {
    await client.mget(`${prefix}health:0`, `${prefix}health:1`);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('CROSSSLOT'))) throw error;
    markSlotted(client);
  }
}

function ignore(): void {}
