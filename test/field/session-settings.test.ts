import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { databaseRemedy } from '../../src/infrastructure/database/postgres/remedies.ts';
import { CHECKED_SETTINGS } from '../../src/infrastructure/database/session-settings.ts';
import { createApi, createPerson } from '../support/api.ts';
import { createMasterKey, useTestApp } from '../support/app.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';
import { connectPostgres } from '../support/postgres-database.ts';
import {
  type ConnectionOptions,
  type PostgresServer,
  startPostgres,
} from '../support/postgres-server.ts';
import { prepareTemplate, templateDatabase } from '../support/template-database.ts';

/** Values that other databases and roles have. */
const OTHERS: readonly (readonly [string, string])[] = [
  ['DateStyle', 'German'],
  ['DateStyle', 'SQL, DMY'],
  ['IntervalStyle', 'iso_8601'],
  ['TimeZone', 'Asia/Kathmandu'],
  ['bytea_output', 'escape'],
  ['extra_float_digits', '-15'],
  ['standard_conforming_strings', 'off'],
  ['array_nulls', 'off'],
  ['transform_null_equals', 'on'],
  ['gin_fuzzy_search_limit', '1'],
  ['jit', 'on'],
  ['max_parallel_workers_per_gather', '2'],
  ['default_transaction_isolation', 'serializable'],
  ['default_transaction_deferrable', 'on'],
  ['client_encoding', 'LATIN1'],
];
/** What a pooler takes from every client by itself, which the driver sends. */
const BY_POOLER = ['client_encoding'];
const NAMES = Object.keys(CHECKED_SETTINGS);
const master = createMasterKey();

let server: PostgresServer;
let roles = 0;
beforeAll(async () => {
  server = await startPostgres();
  await prepareTemplate(server);
  await server.createDatabase('shared', templateDatabase);
});
afterAll(() => server?.stop());

/** A role with rights on the database, and the limits that a pooled service asks for. */
async function createRole(): Promise<ConnectionOptions> {
  roles += 1;
  const user = `role_${roles}`;
  await server.query(`create role ${user} superuser login password 'role-password'`);
  for (const limit of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'])
    await server.query(`alter role ${user} set ${limit} = '5s'`);
  await server.query(`alter role ${user} set jit = off`);
  await server.query(`alter role ${user} set max_parallel_workers_per_gather = 0`);
  return { ...server.connectionOptions, user, password: 'role-password', database: 'shared' };
}

const spelled = (name: string, value: string) => (name === 'DateStyle' ? value : `'${value}'`);

async function usedSettings(options: ConnectionOptions) {
  const database = await connectPostgres(options);
  const { rows } = await database.query<{ name: string; value: string }>(
    'select name, current_setting(name) as value from unnest($1::text[]) as name',
    [NAMES],
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

test.each(OTHERS)(
  '%s = %s of a role or a database does not reach a session',
  async (name, value) => {
    const options = await createRole();
    await server.query(`alter role ${options.user} set ${name} = ${spelled(name, value)}`);
    expect(await usedSettings(options)).toEqual(CHECKED_SETTINGS);
    await server.query(`alter role ${options.user} reset ${name}`);
    await server.query(`alter database shared set ${name} = ${spelled(name, value)}`);
    try {
      expect(await usedSettings(options)).toEqual(CHECKED_SETTINGS);
    } finally {
      await server.query(`alter database shared reset ${name}`);
    }
  },
);

test('a role whose sessions run no triggers is refused with the command', async () => {
  const options = await createRole();
  await server.query(`alter role ${options.user} set session_replication_role = 'replica'`);
  const expected = `session_replication_role is replica. Run these statements, then let poolers reconnect: ALTER ROLE "${options.user}" IN DATABASE "shared" SET session_replication_role = 'origin';`;
  await expect(connectPostgres(options)).rejects.toThrow(expected);
});

test.each(OTHERS.filter(([name]) => !BY_POOLER.includes(name)))(
  'behind a pooler, %s = %s is refused, and the named command mends it',
  async (name, value) => {
    const options = await createRole();
    await server.query(`alter role ${options.user} set ${name} = ${spelled(name, value)}`);
    const first = await startPgBouncer({ postgres: options });
    onTestFinished(() => first.stop());
    const failure = await connectPostgres(first.connectionOptions, {
      preparedStatements: false,
    }).then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(failure).toContain(`${name} is ${value}`);
    const command = /reconnect: (ALTER ROLE .*;)$/.exec(failure)?.[1] ?? '';
    await server.query(command);
    const second = await startPgBouncer({ postgres: options });
    onTestFinished(() => second.stop());
    await connectPostgres(second.connectionOptions, { preparedStatements: false });
  },
);

test('a pooler that swallows the settings is found at the start', async () => {
  const options = await createRole();
  await server.query(`alter role ${options.user} set DateStyle = German`);
  const pooler = await startPgBouncer({
    postgres: options,
    settings: {
      ignore_startup_parameters:
        'options,statement_timeout,lock_timeout,idle_in_transaction_session_timeout',
    },
  });
  onTestFinished(() => pooler.stop());
  await expect(connectPostgres(pooler.connectionOptions)).rejects.toThrow(/DateStyle is German/);
});

test('times in German, far away or without end are read, and never null', async () => {
  const database = await connectPostgres(await createRole());
  const read = async (text: string) =>
    (await database.query<{ at: unknown }>(`select ${text} as at`)).rows[0]?.at;
  expect(await read("timestamptz '2026-11-26 03:15:03.123456+05:45'")).toEqual(
    new Date('2026-11-25T21:30:03.123Z'),
  );
  expect(await read("timestamptz 'infinity'")).toEqual(new Date('9999-12-31T23:59:59.999Z'));
  expect(await read("timestamptz '20000-01-01'")).toEqual(new Date('9999-12-31T23:59:59.999Z'));
  expect(await read("timestamptz '-infinity'")).toEqual(new Date('0001-01-01T00:00:00Z'));
  expect(await read("timestamptz '0044-03-15 BC'")).toEqual(new Date('0001-01-01T00:00:00Z'));
  expect(await read('null::timestamptz')).toBeNull();
  await database.transaction(async (connection) => {
    await connection.query("select set_config('DateStyle', 'German', true)");
    await expect(connection.query('select now() as at')).rejects.toThrow(/DateStyle must be ISO/);
  });
});

test('an account with times without end is shown', async () => {
  const options = await createRole();
  const api = createApi(
    await useTestApp({
      database: 'postgres',
      connection: options,
      env: { SECURITY_MASTER_KEY: master },
    }),
  );
  const { id } = await api.register(createPerson());
  await api.sql(
    "update users set created_at = '-infinity', updated_at = 'infinity' where id = $1",
    [id],
  );
  const { key } = await api.createService('users:read');
  const page = await api.send('GET', '/v1/users', { token: key });
  expect(page.statusCode, page.body).toBe(200);
  expect(page.json().users).toMatchObject([
    { id, created_at: '0001-01-01T00:00:00.000Z', updated_at: '9999-12-31T23:59:59.999Z' },
  ]);
});

/** A role with rights on all tables of a database of its own; row-level security applies to it. */
async function createPlainRole(): Promise<ConnectionOptions> {
  const options = await createRole();
  const database = `rows_${roles}`;
  await server.createDatabase(database, templateDatabase);
  await server.query(`alter role ${options.user} nosuperuser`);
  const admin = await connectPostgres({ ...server.connectionOptions, database });
  await admin.query(`grant all on all tables in schema public to ${options.user}`);
  return { ...options, database };
}

async function administer({ database }: ConnectionOptions, statement: string): Promise<void> {
  const admin = await connectPostgres({ ...server.connectionOptions, database });
  await admin.query(statement);
}

test('tables whose rows are hidden from the role are refused at the start, also behind a pooler', async () => {
  const options = await createPlainRole();
  const tables = await connectPostgres(options);
  const { rows } = await tables.query<{ name: string }>(
    "select tablename::text as name from pg_tables where schemaname = 'public' order by tablename",
  );
  for (const { name } of rows)
    await administer(options, `alter table ${name} enable row level security`);
  const refusal = `Row-level security hides rows of these tables from the role "${options.user}": ${rows.map(({ name }) => name).join(', ')}. Run \`ALTER ROLE "${options.user}" BYPASSRLS\``;
  await expect(connectPostgres(options)).rejects.toThrow(refusal);
  const pooler = await startPgBouncer({ postgres: options });
  onTestFinished(() => pooler.stop());
  const pooled = () => connectPostgres(pooler.connectionOptions, { preparedStatements: false });
  await expect(pooled()).rejects.toThrow(refusal);
  await server.query(`alter role ${options.user} bypassrls`);
  await connectPostgres(options);
  await pooled();
});

test('a policy that comes later fails the statement in place of hiding rows', async () => {
  const options = await createPlainRole();
  const database = await connectPostgres(options);
  const count = () => database.query('select count(*)::integer as count from users');
  expect((await count()).rows).toEqual([{ count: 0 }]);
  await administer(options, 'alter table users enable row level security');
  const error = await count().then(
    () => expect.fail('rows were hidden'),
    (caught: Error) => caught,
  );
  const message = 'query would be affected by row-level security policy for table "users"';
  expect(error).toMatchObject({ code: '42501', message });
  expect(databaseRemedy(error)).toMatch(/^Row-level security would hide rows .* BYPASSRLS/);
});
