import { createServer, type Server } from 'node:http';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import type { App } from '../../src/app/app.ts';
import { patientHashing } from '../support/api.ts';
import { createTestApp } from '../support/app.ts';
import { type CapturedLog, captureLog } from '../support/captured-log.ts';
import { createCertificates, type TestCertificates } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';
import { type NatsOptions, type NatsServer, startNats } from '../support/nats-server.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

/** Longer than the connect timeout of the client library, which hides causes behind it. */
const TIMEOUT_MS = 20_000;

/** The tests wait for timeouts most of the time, so they run side by side: each registers its own clean-up. */
type Cleanup = Pick<TestContext, 'onTestFinished'>;

async function useNats(
  { onTestFinished }: Cleanup,
  options: NatsOptions = {},
): Promise<NatsServer> {
  const server = await startNats(options);
  onTestFinished(() => server.stop());
  return server;
}

/** Starts a service on NATS with these settings until the end of the test; its relay runs. */
async function useService({ onTestFinished }: Cleanup, env: Readonly<Record<string, string>>) {
  const log = captureLog();
  const app = await createTestApp({
    database: 'postgres',
    env: { ...patientHashing, ...env },
    logger: log.logger,
  });
  onTestFinished(async () => void (await app.stop()));
  await app.listen();
  const messaging = async () => (await app.http.inject('/health')).json().checks.messaging;
  const metrics = async () => (await app.http.inject('/metrics')).body;
  return { app, messaging, metrics, log };
}

async function register(app: App, count: number): Promise<void> {
  const operator = await app.operator();
  for (let index = 0; index < count; index += 1) {
    const { statusCode } = await operator.inject({
      method: 'POST',
      url: '/v1/users',
      payload: {
        first_name: 'A',
        last_name: 'B',
        email: `a${index}@mail.example`,
        password: 'quiet otter sings 78',
      },
    });
    expect(statusCode).toBe(201);
  }
}

const warnings = ({ parsed }: CapturedLog, reason: string) =>
  parsed().filter((line) => line.level === 'warn' && line.reason === reason);

/** The reason stands in `/health` and in the metrics, and with its cause in the log. */
async function expectReason(
  context: Cleanup,
  env: Readonly<Record<string, string>>,
  reason: string,
  cause: RegExp,
  status: 'down' | 'ok' = 'down',
) {
  const service = await useService(context, env);
  await eventually(
    async () => {
      expect(await service.messaging()).toMatchObject({ status, reason });
      expect(warnings(service.log, reason).length).toBeGreaterThan(0);
    },
    { timeoutMs: TIMEOUT_MS },
  );
  expect(await service.metrics()).toContain(`user_service_messaging_failing{reason="${reason}"} 1`);
  // The state may be seen in the moment before its line is written.
  await eventually(() => expect(JSON.stringify(warnings(service.log, reason))).toMatch(cause));
  return service;
}

const at = (port: number) => ({ NATS_SERVERS: `nats://127.0.0.1:${port}` });

describe.concurrent('NATS that answers and cannot carry the events is not ok', () => {
  // First, since it takes longest, and the others run meanwhile.
  test('the stream is replaced by one of another use, until it is gone', {
    timeout: 90_000,
  }, async (context) => {
    const server = await useNats(context, { jetstream: true });
    const { messaging } = await useService(context, at(server.port));
    await eventually(async () => expect((await messaging()).status).toBe('ok'));
    const operator = await connect({ servers: [server.url] });
    context.onTestFinished(() => operator.close());
    const manager = await jetstreamManager(operator);
    // The relay may create the stream again in between.
    await eventually(async () => {
      await manager.streams.delete('USERS');
      await manager.streams.add({ name: 'USERS', subjects: ['other.>'] });
    });
    await eventually(async () =>
      expect(await messaging()).toMatchObject({ status: 'down', reason: 'stream_conflict' }),
    );
    await manager.streams.delete('USERS');
    await eventually(async () => expect((await messaging()).status).toBe('ok'), {
      timeoutMs: 60_000,
    });
  });

  test('JetStream is off', async (context) => {
    const { port } = await useNats(context);
    await expectReason(context, at(port), 'no_jetstream', /jetstream is not enabled/i);
  });

  test('JetStream is off for the account', async (context) => {
    const { port } = await useNats(context, {
      jetstream: true,
      accounts:
        'accounts { A { users: [{user: a, password: b}] }, B { jetstream: enabled, users: [{user: c, password: d}] } }',
    });
    const env = { ...at(port), NATS_USER: 'a', NATS_PASSWORD: 'b' };
    await expectReason(context, env, 'no_jetstream', /not enabled for account/);
  });

  test('the store has no space', async (context) => {
    const { port } = await useNats(context, {
      accounts: 'jetstream { store_dir: "./store", max_file: 100, max_mem: 100 }',
    });
    const { app, messaging, log } = await useService(context, at(port));
    await register(app, 10);
    await eventually(
      async () => expect(await messaging()).toMatchObject({ status: 'down', reason: 'full' }),
      { timeoutMs: TIMEOUT_MS },
    );
    const lines = log
      .parsed()
      .filter(({ message }) => message === 'events cannot be published; they wait in the outbox');
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).toMatch(/insufficient|resource/);
  });

  test('the account may not publish events', async (context) => {
    const { port } = await useNats(context, {
      jetstream: true,
      accounts:
        'authorization { users: [{user: a, password: b, permissions: { publish: ["$JS.API.>", "users.relay.wake", "users.health.>"], subscribe: [">"] } }] }',
    });
    const { app, messaging } = await useService(context, {
      ...at(port),
      NATS_USER: 'a',
      NATS_PASSWORD: 'b',
    });
    await register(app, 1);
    await eventually(async () => expect((await messaging()).reason).toBe('permission'), {
      timeoutMs: TIMEOUT_MS,
    });
  });

  test('the account may not take requests', async (context) => {
    const { port } = await useNats(context, {
      jetstream: true,
      accounts:
        'authorization { users: [{user: a, password: b, permissions: { publish: [">"], subscribe: ["_INBOX.>"] } }] }',
    });
    const service = await useService(context, { ...at(port), NATS_USER: 'a', NATS_PASSWORD: 'b' });
    await eventually(
      async () =>
        expect(await service.messaging()).toMatchObject({ status: 'ok', reason: 'permission' }),
      { timeoutMs: TIMEOUT_MS },
    );
    await eventually(() =>
      expect(JSON.stringify(service.log.parsed())).toContain('Permissions Violation'),
    );
  });

  test('the server takes only small messages', async (context) => {
    const { port } = await useNats(context, { jetstream: true, accounts: 'max_payload: 4096' });
    await expectReason(
      context,
      at(port),
      'message_size',
      /max_payload of the server is 4096/,
      'ok',
    );
  });
});

describe.concurrent('NATS that refuses the connection shows its reason', () => {
  test('nothing listens', async (context) => {
    const { log } = await expectReason(context, at(1), 'unreachable', /refused/);
    const lines = log.parsed().filter(({ message }) => message === 'NATS is not reachable');
    expect(lines).toHaveLength(1);
  });

  test('a name without an address', (context) =>
    expectReason(
      context,
      { NATS_SERVERS: 'nats://broker.invalid' },
      'unknown_host',
      /broker\.invalid/,
    ));

  test('a wrong password', async (context) => {
    const { port } = await useNats(context, { accounts: 'authorization { user: a, password: b }' });
    const env = { ...at(port), NATS_USER: 'a', NATS_PASSWORD: 'x' };
    await expectReason(context, env, 'authentication', /Authorization Violation/);
  });

  test('a wrong token', async (context) => {
    const { port } = await useNats(context, { accounts: 'authorization { token: b }' });
    await expectReason(
      context,
      { ...at(port), NATS_TOKEN: 'x' },
      'authentication',
      /Authorization/,
    );
  });

  test('as many connections as it takes', async (context) => {
    const { port, url } = await useNats(context, { accounts: 'max_connections: 1' });
    const holder = await connect({ servers: [url] });
    context.onTestFinished(() => holder.close());
    await expectReason(context, at(port), 'connection_limit', /maximum connections exceeded/);
  });

  test.for([
    ['for gateways', (port: number) => `gateway { name: g, listen: "127.0.0.1:${port}" }`],
    ['for leaf nodes', (port: number) => `leafnodes { listen: "127.0.0.1:${port}" }`],
    ['for WebSockets', (port: number) => `websocket { listen: "127.0.0.1:${port}", no_tls: true }`],
    ['of its monitoring', (port: number) => `http: "127.0.0.1:${port}"`],
  ] as const)('the port %s', async ([, block], context) => {
    const port = await findFreePort();
    await useNats(context, { accounts: block(port) });
    await expectReason(context, at(port), 'protocol', /port|an HTTP server answers/);
  });

  test('the port of its cluster leads to the port for clients', async (context) => {
    const port = await findFreePort();
    await useNats(context, { accounts: `cluster { name: c, listen: "127.0.0.1:${port}" }` });
    const { log } = await useService(context, at(port));
    await eventually(
      () => expect(log.parsed().map(({ message }) => message)).toContain('connected to NATS'),
      { timeoutMs: TIMEOUT_MS },
    );
  });

  test('a server that goes away while the service runs, with one line for its end', async (context) => {
    const first = await useNats(context, { jetstream: true });
    const { messaging, log } = await useService(context, at(first.port));
    await eventually(async () => expect((await messaging()).status).toBe('ok'));
    await first.kill();
    await eventually(async () =>
      expect(await messaging()).toMatchObject({ status: 'down', reason: 'unreachable' }),
    );
    await first.start();
    await eventually(async () => expect((await messaging()).status).toBe('ok'));
    expect(warnings(log, 'unreachable')).toHaveLength(1);
    expect(log.parsed().some(({ message }) => message === 'connected to NATS again')).toBe(true);
  });
});

describe.concurrent('another server at the port of NATS is named', () => {
  let web: Server;
  let redis: RedisServer;
  let certificates: TestCertificates;

  beforeAll(async () => {
    web = createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    redis = await startRedis();
    certificates = await createCertificates();
  });
  afterAll(async () => {
    web?.close();
    await redis?.stop();
    await certificates?.remove();
  });

  test('an HTTP server', async (context) => {
    const { port } = web.address() as { port: number };
    await expectReason(context, at(port), 'protocol', /an HTTP server answers/);
  });

  test('a Redis server', (context) =>
    expectReason(context, at(redis.port), 'protocol', /a Redis server answers/));

  test('TLS for a server without it', async (context) => {
    const { port } = await useNats(context);
    await expectReason(context, { ...at(port), NATS_TLS: 'true' }, 'tls', /does not support 'tls'/);
  });

  test('a certificate of an unknown authority', async (context) => {
    const { port } = await useNats(context, { tls: certificates.server });
    await expectReason(context, { ...at(port), NATS_TLS: 'true' }, 'tls', /certificate/);
  });

  test('no client certificate where one is needed', async (context) => {
    const caPath = certificates.ca.certificatePath;
    const { port } = await useNats(context, { tls: { ...certificates.server, caPath } });
    const env = { ...at(port), NATS_TLS: 'true', NATS_TLS_CA: caPath };
    await expectReason(context, env, 'tls', /certificate/);
  });
});

test('a caller without an inbox that the service may use does not make it degraded', async (context) => {
  const { port, url } = await useNats(context, {
    jetstream: true,
    accounts:
      'authorization { users: [{user: a, password: b, permissions: { publish: { deny: ["_INBOX_other.>"] }, subscribe: [">"] } }, {user: c, password: d}] }',
  });
  const { messaging, log } = await useService(context, {
    ...at(port),
    NATS_USER: 'a',
    NATS_PASSWORD: 'b',
  });
  await eventually(async () => expect((await messaging()).status).toBe('ok'));
  const caller = await connect({ servers: [url], user: 'c', pass: 'd' });
  context.onTestFinished(() => caller.close());
  caller.publish('users.v1.health', '', { reply: '_INBOX_other.x' });
  await caller.flush();
  await eventually(() =>
    expect(JSON.stringify(log.parsed())).toContain('Permissions Violation for Publish'),
  );
  expect((await messaging()).reason).toBeUndefined();
});
