import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { checkConnections } from '../../src/app/check-connections.ts';
import { runConfigCheck } from '../../src/interfaces/cli/config.ts';
import { createMasterKey, postgresEnvironment } from '../support/app.ts';
import { createCertificates, type TestCertificates } from '../support/certificates.ts';
import { findFreePort } from '../support/free-port.ts';
import { type NatsServer, startNats } from '../support/nats-server.ts';
import { startPostgres } from '../support/postgres-server.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { useSmtpServer } from '../support/smtp-server.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { startTraceCollector } from '../support/trace-collector.ts';

type Environment = Readonly<Record<string, string>>;

async function check(env: Environment, ...args: readonly string[]) {
  const out: string[] = [];
  const code = await runConfigCheck(['--connect', ...args], {
    stdout: (line) => out.push(line),
    stderr: () => {},
    env: { SECURITY_MASTER_KEY: createMasterKey(), ...env },
    checkConnections,
  });
  return { code, out };
}

/** The reports by the name of the dependency. */
async function reportsOf(env: Environment) {
  const { code, out } = await check(env, '--json');
  const { ok, connections } = JSON.parse(out.join('')) as {
    ok: boolean;
    connections: readonly { dependency: string }[];
  };
  expect(code).toBe(ok ? 0 : 1);
  return { ok, reports: Object.fromEntries(connections.map((item) => [item.dependency, item])) };
}

describe('config check --connect', () => {
  let redis: RedisServer;
  let nats: NatsServer;
  beforeAll(async () => {
    [redis, nats] = await Promise.all([startRedis(), startNats({ jetstream: true })]);
  });
  afterAll(() => Promise.all([redis?.stop(), nats?.stop()]));

  it('says what each dependency answers', async () => {
    const { connectionOptions } = await createTestDatabase();
    const smtp = await useSmtpServer();
    const collector = await startTraceCollector();
    const { ok, reports } = await reportsOf({
      ...postgresEnvironment(connectionOptions),
      REDIS_HOST: redis.host,
      REDIS_PORT: String(redis.port),
      NATS_SERVERS: nats.url,
      MAIL_SMTP_HOST: '127.0.0.1',
      MAIL_SMTP_PORT: String(smtp.port),
      MAIL_SMTP_TLS: 'none',
      MAIL_FROM: 'a@b.example',
      TRACING_ENDPOINT: collector.url,
    });
    expect(ok).toBe(true);
    expect(reports).toMatchObject({
      postgres: {
        address: `${connectionOptions.host}:${connectionOptions.port}`,
        needed: true,
        seen: { version: expect.stringMatching(/^\d+/), read_only: false, tls: false },
      },
      redis: { needed: false, seen: { version: expect.stringMatching(/^\d/), role: 'master' } },
      nats: {
        seen: { version: expect.stringMatching(/^2/), jetstream: true, stream: 'USERS (absent)' },
      },
      smtp: { seen: { tls: false, authenticated: false } },
      tracing: { seen: { status: 200 } },
    });
    expect(smtp.received()).toEqual([]);
    const { seen } = reports.postgres as unknown as { seen: { schema_version: number } };
    expect(seen.schema_version).toBeGreaterThan(0);
  });

  it('fails for a server that cannot do its work, and says why', async () => {
    const [other, replica, collector, database] = await Promise.all([
      startNats(),
      startRedis({ replicaOf: redis.port }),
      startTraceCollector(),
      createTestDatabase(),
    ]);
    onTestFinished(async () => void (await Promise.all([other.stop(), replica.stop()])));
    collector.behave(401);
    const { ok, reports } = await reportsOf({
      ...postgresEnvironment(database.connectionOptions),
      DATABASE_PASSWORD: 'canary',
      REDIS_HOST: replica.host,
      REDIS_PORT: String(replica.port),
      NATS_SERVERS: other.url,
      MAIL_SMTP_HOST: '127.0.0.1',
      MAIL_SMTP_PORT: String(await findFreePort('127.0.0.1')),
      MAIL_FROM: 'a@b.example',
      TRACING_ENDPOINT: collector.url,
    });
    expect(ok).toBe(false);
    expect(reports).toMatchObject({
      postgres: { ok: false, problem: expect.stringContaining('database.password') },
      redis: { ok: false, problem: expect.stringContaining('replica') },
      nats: {
        ok: false,
        seen: { jetstream: false },
        problem: expect.stringContaining('JetStream'),
      },
      smtp: { ok: false, problem: expect.stringContaining('ECONNREFUSED') },
      tracing: { ok: false, seen: { status: 401 } },
    });
    expect(JSON.stringify(reports)).not.toContain('canary');
  });

  it('does not fail for a dependency that the service can be without', async () => {
    const port = await findFreePort('127.0.0.1');
    const { code, out } = await check({
      REDIS_HOST: '127.0.0.1',
      REDIS_PORT: String(port),
      PWNED_PASSWORDS_ENABLED: 'true',
      PWNED_PASSWORDS_URL: `http://127.0.0.1:${port}`,
    });
    expect(code).toBe(0);
    expect(out).toEqual([
      'The configuration is valid.',
      expect.stringMatching(/^redis at .*: failed, not needed to start: .*ECONNREFUSED/),
      expect.stringMatching(/^pwned_passwords at .*: failed, not needed to start: .*ECONNREFUSED/),
    ]);
  });

  it('has nothing to try with the embedded database alone', async () => {
    expect(await check({})).toEqual({
      code: 0,
      out: ['The configuration is valid.', 'No dependency is configured: nothing to connect to.'],
    });
  });
});

describe('config check --connect shows the TLS that was negotiated', () => {
  let certificates: TestCertificates;
  beforeAll(async () => {
    certificates = await createCertificates();
  });
  afterAll(() => certificates?.remove());

  const VERIFIED = { tls: true, tls_version: 'TLSv1.3', certificate: 'chain and host verified' };

  it('of PostgreSQL, with what each ssl_mode verifies', async () => {
    const server = await startPostgres({ tls: certificates.server });
    onTestFinished(() => server.stop());
    const seen = async (mode: string, ca: boolean) => {
      const { reports } = await reportsOf({
        ...postgresEnvironment(server.connectionOptions),
        DATABASE_SSL_MODE: mode,
        ...(ca ? { DATABASE_SSL_ROOT_CERT: certificates.ca.certificatePath } : {}),
      });
      const { tls, tls_version, certificate } = seenOf(reports.postgres);
      return { tls, tls_version, certificate };
    };
    expect(await seen('disable', false)).toEqual({ tls: false });
    const version = { tls: true, tls_version: 'TLSv1.3' };
    // What the mode says does not show whether the server encrypts.
    expect(await seen('prefer', false)).toEqual({ ...version, certificate: 'not verified' });
    expect(await seen('require', true)).toEqual({ ...version, certificate: 'chain verified' });
    expect(await seen('verify-full', true)).toEqual(VERIFIED);
  });

  it('of Redis and NATS', async () => {
    const { ca, server } = certificates;
    const { certificatePath, privateKeyPath } = server;
    const [redis, nats] = await Promise.all([
      startRedis({ tls: { certificatePath, privateKeyPath, caPath: ca.certificatePath } }),
      startNats({ jetstream: true, tls: { certificatePath, privateKeyPath } }),
    ]);
    onTestFinished(async () => void (await Promise.all([redis.stop(), nats.stop()])));
    const { reports } = await reportsOf({
      REDIS_HOST: redis.host,
      REDIS_PORT: String(redis.port),
      REDIS_TLS: 'true',
      REDIS_TLS_CA: ca.certificatePath,
      NATS_SERVERS: nats.url,
      NATS_TLS: 'true',
      NATS_TLS_CA: ca.certificatePath,
    });
    expect(reports).toMatchObject({ redis: { seen: VERIFIED }, nats: { seen: VERIFIED } });
  });
});

function seenOf(report: unknown): Readonly<Record<string, unknown>> {
  return (report as { seen: Readonly<Record<string, unknown>> }).seen;
}
