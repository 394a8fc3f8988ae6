import { Client } from 'pg';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { ensureSchema } from '../../../src/infrastructure/database/ensure-schema.ts';
import {
  checkSchema,
  createMigrator,
  loadMigrations,
} from '../../../src/infrastructure/database/migrations/migrator.ts';
import { captureLog } from '../../support/captured-log.ts';
import { eventually } from '../../support/eventually.ts';
import { connectForMigration } from '../../support/migration-connections.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import type { ConnectionOptions } from '../../support/postgres-server.ts';
import { runStatement } from '../../support/superuser.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const WAITING = /another process migrates the database; waiting/;

let connection: ConnectionOptions;
beforeEach(async () => {
  connection = (await createTestDatabase({ template: 'template0' })).connectionOptions;
});

/** Starts an instance. @returns its log, and its outcome: `up`, or the error's message. */
async function startInstance(at = connection, waitMs?: number) {
  const log = captureLog();
  const database = await connectPostgres(at);
  const options = { migrateOnStart: false, logger: log.logger };
  const outcome = ensureSchema(
    database,
    waitMs === undefined ? options : { ...options, waitMs },
  ).then(
    () => 'up',
    (error: Error) => error.message,
  );
  return { lines: log.lines, outcome };
}

/** A migrator that has applied five migrations and holds the lock. */
async function startMigrator(at = connection) {
  const migrations = await loadMigrations();
  const session = await connectForMigration(at, 'nightly job');
  onTestFinished(() => session.close());
  const migrator = createMigrator({ connection: session, migrations, log: () => {} });
  await migrator.goto(5);
  // The lock of `lock.ts`, as its session holds it.
  await session.query('select pg_advisory_lock($1, $2)', [0x75736572, 1]);
  return {
    /** The rest of the migrations, under the lock that the session holds. */
    finish: async () => {
      await migrator.up();
      await session.query('select pg_advisory_unlock_all()');
    },
    die: () => runStatement(at, `select pg_terminate_backend(${session.announcedPid})`),
  };
}

test('an instance that finds an older schema waits for its migrator and comes up', async () => {
  const migrator = await startMigrator();
  const instance = await startInstance();
  await eventually(() => expect(instance.lines.join('')).toMatch(WAITING));
  await migrator.finish();
  expect(await instance.outcome).toBe('up');
});

test('a migrator that dies half-way: the instance refuses with the command to run', async () => {
  const migrator = await startMigrator();
  const instance = await startInstance();
  await eventually(() => expect(instance.lines.join('')).toMatch(WAITING));
  await migrator.die();
  expect(await instance.outcome).toMatch(/at version 5; .*Run: user-service migrate up$/);
});

test('a migrator that dies between two others: the next one is waited for', async () => {
  const first = await startMigrator();
  const instance = await startInstance();
  await eventually(() => expect(instance.lines.join('')).toMatch(WAITING));
  const next = await connectForMigration(connection);
  onTestFinished(() => next.close());
  const migrating = createMigrator({
    connection: next,
    migrations: await loadMigrations(),
    log: () => {},
  }).up();
  await first.die();
  await migrating;
  expect(await instance.outcome).toBe('up');
});

test('a migrator that does not end: the instance refuses after its bound, and says what runs', async () => {
  await startMigrator();
  const instance = await startInstance(connection, 300);
  expect(await instance.outcome).toMatch(/at version 5; .* A migrator is running\./);
});

test('a dirty schema is refused with the command that repairs it', async () => {
  const migrations = await loadMigrations();
  const session = await connectForMigration(connection);
  await createMigrator({ connection: session, migrations, log: () => {} }).goto(5);
  await session.query('update schema_migrations set dirty = true');
  const { message } = await checkSchema(session, migrations);
  await session.close();
  expect(message).toMatch(/migrate force/);
  expect(await (await startInstance()).outcome).toBe(message);
});

/** A role that may connect and not create tables. */
async function createRole(): Promise<ConnectionOptions> {
  const name = `role_${connection.database}`;
  const client = new Client(connection);
  await client.connect();
  onTestFinished(async () => {
    await client.query(`drop owned by ${name}`);
    await client.query(`drop role ${name}`);
    await client.end();
  });
  await client.query(`create role ${name} login password 'secret'`);
  await client.query('revoke create on schema public from public');
  await client.query(
    `alter default privileges in schema public grant select, insert, update, delete on tables to ${name}`,
  );
  return { ...connection, user: name, password: 'secret' };
}

test('a role that may not migrate: the refusal names the remedy', async () => {
  const instance = await startInstance(await createRole());
  expect(await instance.outcome).toMatch(
    /The database is empty\. The role in database\.user may not migrate it\. .*user-service migrate up$/,
  );
});

test('a role that may not migrate comes up beside one that may', async () => {
  const restricted = await createRole();
  const instances = [await startInstance(restricted), await startInstance()];
  expect(await Promise.all(instances.map(({ outcome }) => outcome))).toEqual(['up', 'up']);
});
