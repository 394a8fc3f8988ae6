import { createServer, type Server } from 'node:http';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { useTestApp } from '../support/app.ts';
import { type CapturedLog, captureLog } from '../support/captured-log.ts';
import { createCertificates, type TestCertificates } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { type NatsServer, startNats } from '../support/nats-server.ts';
import { type RedisOptions, type RedisServer, startRedis } from '../support/redis-server.ts';

const UNUSABLE = 'Redis cannot be used; reads go to the database';

/** Starts a service on Redis with these settings until the end of the test. */
async function useService(env: Readonly<Record<string, string>>) {
  const log = captureLog();
  const app = await useTestApp({
    database: 'postgres',
    env: { REDIS_HOST: '127.0.0.1', ...env },
    logger: log.logger,
  });
  const health = async () => (await app.http.inject('/health')).json();
  const metrics = async () => (await app.http.inject('/metrics')).body;
  return { health, metrics, log };
}

/** The lines about an outage; on a busy machine, a connection attempt may time out before the cause shows. */
const reported = ({ parsed }: CapturedLog, wanted?: string) =>
  parsed().filter(
    ({ message, reason }) =>
      message === UNUSABLE && (wanted === undefined || wanted === String(reason)),
  );

async function useRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const server = await startRedis(options);
  onTestFinished(() => server.stop());
  return server;
}

/** The reason stands in `/health`, in the metrics, and with the cause once in the log. */
async function expectReason(
  env: Readonly<Record<string, string>>,
  reason: string,
  cause: RegExp,
): Promise<void> {
  const { health, metrics, log } = await useService(env);
  await eventually(
    async () => {
      expect((await health()).checks.cache).toMatchObject({ status: 'down', reason });
      expect(reported(log, reason)).toHaveLength(1);
    },
    { timeoutMs: 10_000 },
  );
  expect((await health()).status).toBe('degraded');
  expect(await metrics()).toContain(`user_service_cache_failing{reason="${reason}"} 1`);
  const [line] = reported(log, reason);
  expect(line).toMatchObject({ level: 'warn', reason });
  expect(JSON.stringify(line?.error)).toMatch(cause);
  for (let probe = 0; probe < 3; probe += 1) await health();
  expect(reported(log, reason)).toHaveLength(1);
}

const addressOf = (port: number) => ({ REDIS_PORT: String(port) });

describe('Redis that refuses or cannot work shows its reason', () => {
  test('nothing listens', () => expectReason(addressOf(1), 'unreachable', /ECONNREFUSED/));

  test('a name without an address', () =>
    expectReason({ REDIS_HOST: 'cache.invalid' }, 'unknown_host', /cache\.invalid/));

  test('a wrong password', async () => {
    const { port } = await useRedis({ settings: [['requirepass', 'secret']] });
    const env = { ...addressOf(port), REDIS_PASSWORD: 'other' };
    await expectReason(env, 'authentication', /WRONGPASS/);
  });

  test('no password where one is needed', async () => {
    const { port } = await useRedis({ settings: [['requirepass', 'secret']] });
    await expectReason(addressOf(port), 'authentication', /NOAUTH/);
  });

  test('a replica for reading', async () => {
    const primary = await useRedis();
    const { port } = await useRedis({ replicaOf: primary.port });
    await expectReason(addressOf(port), 'read_only', /READONLY/);
  });

  test('a full memory without eviction', async () => {
    const { port } = await useRedis({
      settings: [
        ['maxmemory', '1'],
        ['maxmemory-policy', 'noeviction'],
      ],
    });
    await expectReason(addressOf(port), 'full', /OOM/);
  });

  test.each([
    ['no right to delete', '~user-service:* -@all +get +mget +set +eval +evalsha +ping +info'],
    ['other keys only', '~other:* -@all +get +mget +set +del +eval +evalsha +ping +info'],
    ['no scripts', '~user-service:* -@all +get +mget +set +del +ping +info'],
  ])('a user with %s', async (_, rights) => {
    const { port } = await useRedis({ settings: [['user', `service on >secret ${rights}`]] });
    const env = { ...addressOf(port), REDIS_USERNAME: 'service', REDIS_PASSWORD: 'secret' };
    await expectReason(env, 'permission', /permission|NOPERM|can't run this command/);
  });

  test('as many clients as it takes', async () => {
    const server = await useRedis({ settings: [['maxclients', '1']] });
    const holder = await useService(addressOf(server.port));
    await eventually(async () => expect((await holder.health()).checks.cache.status).toBe('ok'));
    await expectReason(addressOf(server.port), 'connection_limit', /max number of clients/);
  });

  test('one node of a cluster that has other nodes', async () => {
    const server = await useRedis({ settings: [['cluster-enabled', 'yes']] });
    await expectReason(addressOf(server.port), 'cluster', /CLUSTERDOWN/);
  });

  test('a single server that is taken for a cluster', async () => {
    const { port } = await useRedis();
    const env = { REDIS_HOST: '', REDIS_CLUSTER_NODES: `127.0.0.1:${port}` };
    await expectReason(env, 'cluster', /set redis\.host/);
  });
});

describe('a database that does not exist', () => {
  test('is refused, and nothing is written to another one', async () => {
    const server = await useRedis();
    await expectReason(
      { ...addressOf(server.port), REDIS_DB: '99' },
      'no_database',
      /index is out of range/,
    );
    expect(String(await server.command('INFO', 'keyspace'))).not.toContain('db0');
  });

  test('is any but the first of a cluster', async () => {
    const server = await useRedis({ settings: [['cluster-enabled', 'yes']] });
    await server.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await expectReason(
      { ...addressOf(server.port), REDIS_DB: '1' },
      'no_database',
      /set redis\.db to 0/,
    );
  });
});

describe('another server at the port of Redis is named', () => {
  let web: Server;
  let nats: NatsServer;
  let certificates: TestCertificates;

  beforeAll(async () => {
    web = createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    nats = await startNats();
    certificates = await createCertificates();
  });
  afterAll(async () => {
    web?.close();
    await nats?.stop();
    await certificates?.remove();
  });

  test('an HTTP server', async () => {
    const { port } = web.address() as { port: number };
    await expectReason(addressOf(port), 'protocol', /an HTTP server answers/);
  });

  test('a NATS server', () =>
    expectReason(addressOf(nats.port), 'protocol', /a NATS server answers/));

  test('TLS for a port without it', async () => {
    const { port } = await useRedis();
    await expectReason({ ...addressOf(port), REDIS_TLS: 'true' }, 'tls', /set redis\.tls to false/);
  });

  test('no TLS for a port that expects it', async () => {
    const caPath = certificates.ca.certificatePath;
    const { port } = await useRedis({ tls: { ...certificates.server, caPath } });
    await expectReason(addressOf(port), 'tls', /set redis\.tls to true/);
  });

  test('a certificate of an unknown authority', async () => {
    const caPath = certificates.ca.certificatePath;
    const { port } = await useRedis({ tls: { ...certificates.server, caPath } });
    await expectReason({ ...addressOf(port), REDIS_TLS: 'true' }, 'tls', /self-signed|certificate/);
  });
});

describe('a cluster of one node that never met another', () => {
  test.each([
    [
      'as a cluster',
      (port: number) => ({ REDIS_HOST: '', REDIS_CLUSTER_NODES: `127.0.0.1:${port}` }),
    ],
    ['as a single server', addressOf],
  ])('works when it is configured %s', async (_, settingsFor) => {
    const server = await useRedis({ settings: [['cluster-enabled', 'yes']] });
    await server.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await eventually(async () =>
      expect(String(await server.command('CLUSTER', 'INFO'))).toContain('cluster_state:ok'),
    );
    const { health, log } = await useService(settingsFor(server.port));
    await eventually(async () => expect((await health()).checks.cache.status).toBe('ok'));
    // A slow machine may answer late, which is true to say.
    expect(reported(log).filter(({ reason }) => reason !== 'timeout')).toEqual([]);
  });
});

test('the log has one line for the end of an outage, and the reason is gone', async () => {
  const server = await useRedis({ settings: [['requirepass', 'secret']] });
  const { health, metrics, log } = await useService(addressOf(server.port));
  await eventually(async () => {
    await health();
    expect(reported(log)).toHaveLength(1);
  });
  const ends = () => log.parsed().filter(({ message }) => message === 'Redis can be used again');
  expect(ends()).toEqual([]);
  const client = new Redis(server.port, '127.0.0.1', { password: 'secret' });
  onTestFinished(() => client.disconnect());
  await client.config('SET', 'requirepass', '');
  await eventually(async () => {
    const { cache } = (await health()).checks;
    expect(cache.status).toBe('ok');
    expect(cache.reason).toBeUndefined();
    expect(ends()).toHaveLength(1);
  });
  expect(await metrics()).not.toContain('user_service_cache_failing{');
});
