import { createServer, type Server } from 'node:http';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { App } from '../../src/app/app.ts';
import { useTestApp } from '../support/app.ts';
import { type CapturedLog, captureLog } from '../support/captured-log.ts';
import { createCertificates, type TestCertificates } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';
import { type NatsOptions, type NatsServer, startNats } from '../support/nats-server.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';

/** Longer than the connect timeout of the client library, which hides causes behind it. */
const TIMEOUT_MS = 20_000;

async function useNats(options: NatsOptions = {}): Promise<NatsServer> {
  const server = await startNats(options);
  onTestFinished(() => server.stop());
  return server;
}

/** Starts a service on NATS with these settings until the end of the test; its relay runs. */
async function useService(env: Readonly<Record<string, string>>) {
  const log = captureLog();
  const app = await useTestApp({ database: 'embedded', env, logger: log.logger });
  await app.listen();
  const messaging = async () => (await app.http.inject('/health')).json().checks.messaging;
  const metrics = async () => (await app.http.inject('/metrics')).body;
  return { app, messaging, metrics, log };
}

async function register({ operator }: App, count: number): Promise<void> {
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
  env: Readonly<Record<string, string>>,
  reason: string,
  cause: RegExp,
  status: 'down' | 'ok' = 'down',
) {
  const service = await useService(env);
  await eventually(
    async () => {
      expect(await service.messaging()).toMatchObject({ status, reason });
      expect(warnings(service.log, reason).length).toBeGreaterThan(0);
    },
    { timeoutMs: TIMEOUT_MS },
  );
  expect(await service.metrics()).toContain(`user_service_messaging_failing{reason="${reason}"} 1`);
  expect(JSON.stringify(warnings(service.log, reason))).toMatch(cause);
  return service;
}

const at = (port: number) => ({ NATS_SERVERS: `nats://127.0.0.1:${port}` });

describe('NATS that refuses the connection shows its reason', () => {
  test('nothing listens', async () => {
    const { log } = await expectReason(at(1), 'unreachable', /refused/);
    const lines = log.parsed().filter(({ message }) => message === 'NATS is not reachable');
    expect(lines).toHaveLength(1);
  });

  test('a name without an address', () =>
    expectReason({ NATS_SERVERS: 'nats://broker.invalid' }, 'unknown_host', /broker\.invalid/));

  test('a wrong password', async () => {
    const { port } = await useNats({ accounts: 'authorization { user: a, password: b }' });
    const env = { ...at(port), NATS_USER: 'a', NATS_PASSWORD: 'x' };
    await expectReason(env, 'authentication', /Authorization Violation/);
  });

  test('a wrong token', async () => {
    const { port } = await useNats({ accounts: 'authorization { token: b }' });
    await expectReason({ ...at(port), NATS_TOKEN: 'x' }, 'authentication', /Authorization/);
  });

  test('as many connections as it takes', async () => {
    const { port, url } = await useNats({ accounts: 'max_connections: 1' });
    const holder = await connect({ servers: [url] });
    onTestFinished(() => holder.close());
    await expectReason(at(port), 'connection_limit', /maximum connections exceeded/);
  });

  test.each([
    ['for gateways', (port: number) => `gateway { name: g, listen: "127.0.0.1:${port}" }`],
    ['for leaf nodes', (port: number) => `leafnodes { listen: "127.0.0.1:${port}" }`],
    ['for WebSockets', (port: number) => `websocket { listen: "127.0.0.1:${port}", no_tls: true }`],
    ['of its monitoring', (port: number) => `http: "127.0.0.1:${port}"`],
  ])('the port %s', async (_, block) => {
    const port = await findFreePort();
    await useNats({ accounts: block(port) });
    await expectReason(at(port), 'protocol', /port|an HTTP server answers/);
  });

  test('the port of its cluster leads to the port for clients', async () => {
    const port = await findFreePort();
    await useNats({ accounts: `cluster { name: c, listen: "127.0.0.1:${port}" }` });
    const { log } = await useService(at(port));
    await eventually(
      () => expect(log.parsed().map(({ message }) => message)).toContain('connected to NATS'),
      { timeoutMs: TIMEOUT_MS },
    );
  });

  test('a server that goes away while the service runs, with one line for its end', async () => {
    const first = await useNats({ jetstream: true });
    const { messaging, log } = await useService(at(first.port));
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

describe('another server at the port of NATS is named', () => {
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

  test('an HTTP server', async () => {
    const { port } = web.address() as { port: number };
    await expectReason(at(port), 'protocol', /an HTTP server answers/);
  });

  test('a Redis server', () => expectReason(at(redis.port), 'protocol', /a Redis server answers/));

  test('TLS for a server without it', async () => {
    const { port } = await useNats();
    await expectReason({ ...at(port), NATS_TLS: 'true' }, 'tls', /does not support 'tls'/);
  });

  test('a certificate of an unknown authority', async () => {
    const { port } = await useNats({ tls: certificates.server });
    await expectReason({ ...at(port), NATS_TLS: 'true' }, 'tls', /certificate/);
  });

  test('no client certificate where one is needed', async () => {
    const caPath = certificates.ca.certificatePath;
    const { port } = await useNats({ tls: { ...certificates.server, caPath } });
    const env = { ...at(port), NATS_TLS: 'true', NATS_TLS_CA: caPath };
    await expectReason(env, 'tls', /certificate/);
  });
});

describe('NATS that answers and cannot carry the events is not ok', () => {
  test('JetStream is off', async () => {
    const { port } = await useNats();
    await expectReason(at(port), 'no_jetstream', /jetstream is not enabled/i);
  });

  test('JetStream is off for the account', async () => {
    const { port } = await useNats({
      jetstream: true,
      accounts:
        'accounts { A { users: [{user: a, password: b}] }, B { jetstream: enabled, users: [{user: c, password: d}] } }',
    });
    const env = { ...at(port), NATS_USER: 'a', NATS_PASSWORD: 'b' };
    await expectReason(env, 'no_jetstream', /not enabled for account/);
  });

  test('the store has no space', async () => {
    const { port } = await useNats({
      accounts: 'jetstream { store_dir: "./store", max_file: 100, max_mem: 100 }',
    });
    const { app, messaging, log } = await useService(at(port));
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

  test('the account may not publish events', async () => {
    const { port } = await useNats({
      jetstream: true,
      accounts:
        'authorization { users: [{user: a, password: b, permissions: { publish: ["$JS.API.>", "users.relay.wake", "users.health.>"], subscribe: [">"] } }] }',
    });
    const { app, messaging } = await useService({
      ...at(port),
      NATS_USER: 'a',
      NATS_PASSWORD: 'b',
    });
    await register(app, 1);
    await eventually(async () => expect((await messaging()).reason).toBe('permission'), {
      timeoutMs: TIMEOUT_MS,
    });
  });

  test('the account may not take requests', async () => {
    const { port } = await useNats({
      jetstream: true,
      accounts:
        'authorization { users: [{user: a, password: b, permissions: { publish: [">"], subscribe: ["_INBOX.>"] } }] }',
    });
    const service = await useService({ ...at(port), NATS_USER: 'a', NATS_PASSWORD: 'b' });
    await eventually(
      async () =>
        expect(await service.messaging()).toMatchObject({ status: 'ok', reason: 'permission' }),
      { timeoutMs: TIMEOUT_MS },
    );
    expect(JSON.stringify(service.log.parsed())).toContain('Permissions Violation');
  });

  test('the server takes only small messages', async () => {
    const { port } = await useNats({ jetstream: true, accounts: 'max_payload: 4096' });
    await expectReason(at(port), 'message_size', /max_payload of the server is 4096/, 'ok');
  });

  test('the stream is replaced by one of another use, until it is gone', {
    timeout: 90_000,
  }, async () => {
    const server = await useNats({ jetstream: true });
    const { messaging } = await useService(at(server.port));
    await eventually(async () => expect((await messaging()).status).toBe('ok'));
    const operator = await connect({ servers: [server.url] });
    onTestFinished(() => operator.close());
    const manager = await jetstreamManager(operator);
    await manager.streams.delete('USERS');
    await manager.streams.add({ name: 'USERS', subjects: ['other.>'] });
    await eventually(async () =>
      expect(await messaging()).toMatchObject({ status: 'down', reason: 'stream_conflict' }),
    );
    await manager.streams.delete('USERS');
    await eventually(async () => expect((await messaging()).status).toBe('ok'), {
      timeoutMs: 60_000,
    });
  });
});

test('a caller without an inbox that the service may use does not make it degraded', async () => {
  const { port, url } = await useNats({
    jetstream: true,
    accounts:
      'authorization { users: [{user: a, password: b, permissions: { publish: { deny: ["_INBOX_other.>"] }, subscribe: [">"] } }, {user: c, password: d}] }',
  });
  const { messaging, log } = await useService({
    ...at(port),
    NATS_USER: 'a',
    NATS_PASSWORD: 'b',
  });
  await eventually(async () => expect((await messaging()).status).toBe('ok'));
  const caller = await connect({ servers: [url], user: 'c', pass: 'd' });
  onTestFinished(() => caller.close());
  caller.publish('users.v1.health', '', { reply: '_INBOX_other.x' });
  await caller.flush();
  await eventually(() =>
    expect(JSON.stringify(log.parsed())).toContain('Permissions Violation for Publish'),
  );
  expect((await messaging()).reason).toBeUndefined();
});
