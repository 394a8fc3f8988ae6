import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createRedisClient, endRedisClient } from '../../src/infrastructure/cache/redis-client.ts';
import {
  createPostgresDatabase,
  type PostgresSettings,
} from '../../src/infrastructure/database/postgres/pool.ts';
import { connectNats } from '../../src/infrastructure/messaging/nats-connection.ts';
import { createApi } from '../support/api.ts';
import { useTestApp } from '../support/app.ts';
import { createCertificates, type TestCertificates } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { createRecordingLogger, createSilentLogger } from '../support/logger.ts';
import { startNats } from '../support/nats-server.ts';
import { postgresSettings } from '../support/postgres-database.ts';
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts';
import { startRedis } from '../support/redis-server.ts';
import { startTraceCollector } from '../support/trace-collector.ts';

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await createCertificates();
});
afterAll(() => certificates.remove());

describe('the TLS that sslmode and channel_binding ask for', () => {
  let encrypted: PostgresServer;
  let plain: PostgresServer;
  beforeAll(async () => {
    [encrypted, plain] = await Promise.all([
      startPostgres({
        tls: certificates.server,
        accessRules: [
          'local all all scram-sha-256',
          'host all unbound 127.0.0.1/32 password',
          'host all trusted 127.0.0.1/32 trust',
          'host all all 127.0.0.1/32 scram-sha-256',
        ],
      }),
      startPostgres(),
    ]);
    await encrypted.query("create role unbound login password 'unbound-password'");
    await encrypted.query('create role trusted login');
  });
  afterAll(() => Promise.all([encrypted?.stop(), plain?.stop()]));

  async function isEncrypted(
    server: PostgresServer,
    over: Partial<PostgresSettings>,
  ): Promise<unknown> {
    const database = await createPostgresDatabase(
      postgresSettings(server.connectionOptions, { maxOpenConns: 1, ...over }),
      { logger: createSilentLogger() },
    );
    onTestFinished(() => database.close());
    const { rows } = await database.query<{ ssl: boolean }>(
      'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
    );
    return rows[0]?.ssl;
  }

  it.each(['allow', 'prefer'] as const)('%s encrypts where the server can', async (sslMode) => {
    expect(await isEncrypted(encrypted, { sslMode })).toBe(true);
    expect(await isEncrypted(plain, { sslMode })).toBe(false);
    const host = encrypted.socketDirectory;
    expect(await isEncrypted(encrypted, { sslMode, host })).toBe(false);
  });

  it('names the refused connection of a server that is down', async () => {
    const settings = { sslMode: 'prefer', port: 1 } as const;
    await expect(isEncrypted(plain, settings)).rejects.toThrow(/ECONNREFUSED/);
  });

  it.each(['prefer', 'require'] as const)('channel binding %s is used over TLS', async (mode) => {
    const settings = { sslMode: 'require', channelBinding: mode } as const;
    expect(await isEncrypted(encrypted, settings)).toBe(true);
  });

  it.each(['unbound', 'trusted'])(
    'channel binding require refuses the log-in of the role %s, which is not bound',
    async (user) => {
      const role = { user, password: 'unbound-password', sslMode: 'require' } as const;
      expect(await isEncrypted(encrypted, { ...role, channelBinding: 'prefer' })).toBe(true);
      await expect(isEncrypted(encrypted, { ...role, channelBinding: 'require' })).rejects.toThrow(
        /does not offer SCRAM-SHA-256-PLUS/,
      );
    },
  );
});

describe('with NODE_TLS_REJECT_UNAUTHORIZED=0 and OTEL_ variables in the environment', () => {
  const variables = {
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20leaked,x-leaked=1',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-leaked-too=1',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
  };
  const before = new Map(Object.keys(variables).map((name) => [name, process.env[name]]));
  afterEach(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  it('Redis must still prove who it is', async () => {
    const server = await startRedis({
      tls: { ...certificates.server, caPath: certificates.ca.certificatePath },
    });
    onTestFinished(() => server.stop());
    Object.assign(process.env, variables);
    const client = createRedisClient({ ...server.settings, tls: true }, { deadlineMs: 1_000 });
    onTestFinished(() => endRedisClient(client));
    const errors: string[] = [];
    client.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? error.message));
    await eventually(() => expect(errors).toContain('SELF_SIGNED_CERT_IN_CHAIN'));
    expect(client.status).not.toBe('ready');
  });

  it('NATS must still prove who it is', async () => {
    const server = await startNats({
      tls: {
        certificatePath: certificates.server.certificatePath,
        privateKeyPath: certificates.server.privateKeyPath,
      },
    });
    onTestFinished(() => server.stop());
    Object.assign(process.env, variables);
    const logger = createRecordingLogger();
    const link = await connectNats({ servers: [server.url], tls: true }, { logger });
    onTestFinished(() => link.close());
    await eventually(() =>
      expect(logger.lines.map(({ fields }) => String(fields.error)).join()).toMatch(/certificate/),
    );
    expect(link.isConnected()).toBe(false);
  });

  it('the collector of traces gets only the configured headers', async () => {
    const collector = await startTraceCollector();
    Object.assign(process.env, variables);
    const env = { TRACING_ENDPOINT: collector.url, TRACING_HEADERS: 'x-tenant=a' };
    const api = createApi(await useTestApp({ database: 'postgres', env }));
    expect(process.env.OTEL_EXPORTER_OTLP_COMPRESSION).toBe('gzip');
    await api.register();
    await eventually(() => expect(collector.requests).not.toEqual([]));
    const headers = collector.requests[0]?.headers ?? {};
    expect(headers).toMatchObject({ 'x-tenant': 'a' });
    for (const name of ['authorization', 'x-leaked', 'x-leaked-too', 'content-encoding']) {
      expect(headers).not.toHaveProperty(name);
    }
  });
});
