import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../support/app.ts';
import { createCertificates, type TestCertificates } from '../support/certificates.ts';
import { findFreePort } from '../support/free-port.ts';
import { startNats } from '../support/nats-server.ts';
import { type ConnectionOptions, startPostgres } from '../support/postgres-server.ts';
import { runStatement } from '../support/superuser.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { createWorkingDirectory, type Env, type Outcome, run, serve } from './support.ts';

const SECRET = 'hunter2-canary-of-the-start';

/** Expects exit code 1 and one line with the reason, without a stack and without a secret. */
function expectRefusal(outcome: Outcome, reason: RegExp): void {
  expect(outcome.output).toMatch(reason);
  expect(outcome.code).toBe(1);
  const reasons = outcome.output.split('\n').filter((line) => /"level":"error"|^error:/.test(line));
  expect(reasons).toHaveLength(1);
  expect(outcome.output).not.toContain(SECRET);
  expect(outcome.output).not.toMatch(/\\n\s+at |node:internal|"stack"/);
}

/** Starts the service, which must refuse to start and leave no control socket. */
async function expectStartRefused(env: Env, reason: RegExp, cwd = createWorkingDirectory()) {
  expectRefusal(await run(['serve'], cwd, env), reason);
  expect(existsSync(join(cwd, 'data', 'control.sock'))).toBe(false);
}

async function takePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

describe('on PostgreSQL the start is refused', () => {
  let database: ConnectionOptions;
  let env: Env;

  beforeAll(async () => {
    database = (await createTestDatabase()).connectionOptions;
    env = { ...postgresEnvironment(database), SECURITY_MASTER_KEY: createMasterKey() };
  });

  it('for a wrong password', async () => {
    await expectStartRefused({ ...env, DATABASE_PASSWORD: SECRET }, /password/);
  });

  it('for a wrong password in a URL', async () => {
    const { SECURITY_MASTER_KEY = '' } = env;
    const { host, port, user } = database;
    const url = `postgres://${user}:${SECRET}@${host}:${port}/${database.database}`;
    await expectStartRefused({ DATABASE_URL: url, SECURITY_MASTER_KEY }, /password/);
  });

  it('for a database that does not exist', async () => {
    await expectStartRefused({ ...env, DATABASE_NAME: 'nowhere' }, /nowhere.*does not exist/);
  });

  it('for a port without a server', async () => {
    const port = String(await findFreePort());
    await expectStartRefused({ ...env, DATABASE_PORT: port }, new RegExp(`127.0.0.1:${port}`));
  });

  it('for a host that does not answer', async () => {
    // RFC 5737: an address for documentation, which no host has.
    const silent = { ...env, DATABASE_HOST: '192.0.2.1', DATABASE_CONNECT_TIMEOUT: '500ms' };
    await expectStartRefused(silent, /192\.0\.2\.1/);
  });

  it('for a host name that does not resolve', async () => {
    await expectStartRefused({ ...env, DATABASE_HOST: 'db.invalid' }, /db\.invalid/);
  });

  it('without a master key', async () => {
    await expectStartRefused(postgresEnvironment(database), /security\.master_key/);
  });

  it('with a master key that is not that of the database', async () => {
    const fresh = postgresEnvironment((await createTestDatabase()).connectionOptions);
    const first = await serve(createWorkingDirectory(), {
      ...fresh,
      SECURITY_MASTER_KEY: createMasterKey(),
    });
    await first.process.stop();
    const other = { ...fresh, SECURITY_MASTER_KEY: createMasterKey() };
    await expectStartRefused(other, /security\.master_key does not open/);
  });

  it('on an older schema, naming the command', async () => {
    const older = await createTestDatabase();
    const own = { ...env, ...postgresEnvironment(older.connectionOptions) };
    const down = ['migrate', 'down', '1', '--allow-data-loss'];
    expect((await run(down, createWorkingDirectory(), own)).code).toBe(0);
    await expectStartRefused(own, /user-service migrate up/);
  });

  it('on a newer schema that this build cannot serve', async () => {
    const newer = await createTestDatabase();
    const own = { ...env, ...postgresEnvironment(newer.connectionOptions) };
    await runStatement(
      newer.connectionOptions,
      `update schema_migrations set version = 999;
       insert into schema_migration_history (version, name, checksum, compatible_from)
         values (999, 'from_the_future', repeat('0', 64), 999)`,
    );
    await expectStartRefused(own, /Run a newer build/);
  });
});

describe('over TLS the start is refused', () => {
  let certificates: TestCertificates;

  beforeAll(async () => {
    certificates = await createCertificates();
    return () => certificates.remove();
  });

  it.each([
    ['a certificate of another CA', 'serverOfOtherCa', 'verify-ca'],
    ['a certificate of another host', 'serverOfOtherHost', 'verify-full'],
  ] as const)('for %s', async (_what, name, mode) => {
    const server = await startPostgres({ tls: certificates[name] });
    onTestFinished(() => server.stop('immediate'));
    const env = {
      ...postgresEnvironment(server.connectionOptions),
      SECURITY_MASTER_KEY: createMasterKey(),
      DATABASE_SSL_MODE: mode,
      DATABASE_SSL_ROOT_CERT: certificates.ca.certificatePath,
    };
    await expectStartRefused(env, /certificate/);
  });

  it('for a server without TLS', async () => {
    const { connectionOptions } = await createTestDatabase();
    const env = {
      ...postgresEnvironment(connectionOptions),
      SECURITY_MASTER_KEY: createMasterKey(),
      DATABASE_SSL_MODE: 'require',
    };
    await expectStartRefused(env, /(SSL|TLS)/);
  });
});

describe('without a server the start is refused', () => {
  it('when the port is taken, and works once it is free', async () => {
    const cwd = createWorkingDirectory();
    const port = String(await takePort());
    await expectStartRefused({ SERVER_PORT: port }, new RegExp(`${port}.*server\\.port`), cwd);
    await serve(cwd);
  });

  it('when the management port is taken', async () => {
    const port = String(await takePort());
    const reason = new RegExp(`${port}.*server\\.management_port`);
    await expectStartRefused({ SERVER_MANAGEMENT_PORT: port }, reason);
  });

  it('for an address that this machine does not have', async () => {
    await expectStartRefused({ SERVER_HOST: '192.0.2.1' }, /192\.0\.2\.1.*server\.host/);
  });

  it('when a certificate of the mail server cannot be read', async () => {
    const env = {
      MAIL_SMTP_HOST: 'mail',
      MAIL_FROM: 'accounts@example.com',
      MAIL_SMTP_TLS_CA: '/nonexistent/ca.pem',
    };
    await expectStartRefused(env, /mail\.smtp\.tls_ca.*\/nonexistent\/ca\.pem/);
  });

  it('for a stream with settings that would lose events', async () => {
    const nats = await startNats({ jetstream: true });
    onTestFinished(() => nats.stop());
    const connection = await connect({ servers: nats.url });
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'USERS', subjects: ['users.events.>', 'orders.>'] });
    await connection.close();
    const reason = /The stream USERS takes the subjects users\.events\.>, orders\.> .*nats\.stream/;
    await expectStartRefused({ NATS_SERVERS: nats.url }, reason);
  });

  it('with every error of the configuration', async () => {
    const env = { SERVER_PORT: 'eighty', LOGGING_LEVEL: 'loud', PASSWORD_MIN_LENGTH: '7' };
    const { code, stderr, stdout } = await run(['serve'], createWorkingDirectory(), env);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    for (const key of ['server.port', 'logging.level', 'password.min_length']) {
      expect(stderr).toContain(key);
    }
  });

  it('for a file in place of the data directory', async () => {
    const cwd = createWorkingDirectory();
    writeFileSync(join(cwd, 'data'), 'in the way');
    expectRefusal(await run(['serve'], cwd), /database\.path/);
  });

  it('for a data directory with other files', async () => {
    const cwd = createWorkingDirectory();
    mkdirSync(join(cwd, 'data', 'postgres'), { recursive: true });
    writeFileSync(join(cwd, 'data', 'postgres', 'thesis.txt'), 'three years of work');
    await expectStartRefused({}, /is not empty and holds no database/, cwd);
    expect(existsSync(join(cwd, 'data', 'postgres', 'thesis.txt'))).toBe(true);
  });

  it('for data that cannot be read', async () => {
    const cwd = createWorkingDirectory();
    const first = await serve(cwd);
    await first.process.stop();
    writeFileSync(join(cwd, 'data', 'postgres', 'global', 'pg_control'), 'torn');
    await expectStartRefused(
      {},
      /"cause":"[^"]+".*cannot use .*postgres: the data is damaged\. Restore a copy/,
      cwd,
    );
  });

  it('for another master key file', async () => {
    const cwd = createWorkingDirectory();
    const first = await serve(cwd);
    await first.process.stop();
    writeFileSync(join(cwd, 'data', 'master-key'), `${createMasterKey()}\n`);
    await expectStartRefused({}, /master/, cwd);
  });
});
