import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createMigrator,
  loadMigrations,
} from '../../src/infrastructure/database/migrations/migrator.ts';
import { openDatabase } from '../../src/infrastructure/database/open-database.ts';
import { openPostgresMigrationConnection } from '../../src/infrastructure/database/postgres/client.ts';
import { createSilentLogger } from '../support/logger.ts';
import { postgresSettings } from '../support/postgres-database.ts';
import {
  type ConnectionOptions,
  type PostgresServer,
  startPostgres,
} from '../support/postgres-server.ts';

/** What a role, a database and a server are like on the first day of other people. */
const PREPARATIONS = [
  "create role plain login password 'plain-password'",
  "create role unlisted login password 'plain-password'",
  "create role locked_out nologin password 'plain-password'",
  "create role narrow login password 'plain-password' connection limit 0",
  "create role lost login password 'plain-password'",
  'alter role lost set search_path = nowhere',
  "create role reader login password 'plain-password'",
  'alter role reader set default_transaction_read_only = on',
  'create database closed allow_connections false',
  'create database guarded',
  'revoke connect on database guarded from public',
  'create database owned',
  'create database others',
];

let server: PostgresServer;
let owner: ConnectionOptions;
beforeAll(async () => {
  // No line for the role `unlisted`.
  const roles = 'postgres,plain,locked_out,narrow,lost,reader,nobody-here';
  server = await startPostgres({
    accessRules: ['local all all scram-sha-256', `host all ${roles} 127.0.0.1/32 scram-sha-256`],
  });
  for (const statement of PREPARATIONS) await server.query(statement);
  owner = server.connectionOptions;
  for (const database of ['owned', 'others']) {
    await server.query('revoke create on schema public from public', database);
  }
});
afterAll(() => server?.stop());

const plain = (changes: Partial<ConnectionOptions> = {}): ConnectionOptions => ({
  ...owner,
  user: 'plain',
  password: 'plain-password',
  database: 'others',
  ...changes,
});

async function openMigrator(options: ConnectionOptions, settings = {}) {
  const connection = await openPostgresMigrationConnection(
    postgresSettings(options, settings),
    createSilentLogger(),
  );
  const migrator = createMigrator({
    connection,
    migrations: await loadMigrations(),
    log: () => {},
  });
  return { migrator, connection };
}

/** The message of a start of the service, or of a migration command. */
async function failureOf(work: () => Promise<unknown>): Promise<string> {
  const error = await work().then(
    () => new Error('nothing failed'),
    (reason: unknown) => reason,
  );
  return (error as Error).message;
}
const start = (options: ConnectionOptions, settings = {}) =>
  failureOf(async () => {
    const database = await openDatabase(
      { driver: 'postgres', postgres: postgresSettings(options, settings), migrateOnStart: true },
      createSilentLogger(),
    );
    await database.close();
  });
const migrate = (options: ConnectionOptions, command: 'up' | 'status', settings = {}) =>
  failureOf(async () => {
    const { migrator, connection } = await openMigrator(options, settings);
    try {
      await migrator[command]();
    } finally {
      await connection.close();
    }
  });

test.each<[string, () => ConnectionOptions, object, RegExp]>([
  [
    'a wrong password',
    () => plain({ password: 'not-the-one' }),
    {},
    /127\.0\.0\.1:\d+ cannot be used: password authentication failed.*Check database\.user and database\.password\.$/,
  ],
  ['an unknown role', () => plain({ user: 'nobody-here' }), {}, /Check database\.user/],
  [
    'no such database',
    () => plain({ database: 'nowhere' }),
    {},
    /"nowhere" does not exist.*Create the database/,
  ],
  [
    'a role without LOGIN',
    () => plain({ user: 'locked_out' }),
    {},
    /not permitted to log in\. Run `ALTER ROLE/,
  ],
  [
    'a role without connections',
    () => plain({ user: 'narrow' }),
    {},
    /too many connections for role.*CONNECTION LIMIT/,
  ],
  [
    'a database that is closed',
    () => plain({ database: 'closed' }),
    {},
    /not currently accepting connections\..*ALLOW_CONNECTIONS/,
  ],
  [
    'no right to connect',
    () => plain({ database: 'guarded' }),
    {},
    /permission denied for database "guarded"\. Detail: User does not have CONNECT privilege\..*GRANT CONNECT/,
  ],
  [
    'no pg_hba.conf entry',
    () => plain({ user: 'unlisted' }),
    {},
    /no pg_hba\.conf entry for host "127\.0\.0\.1", user "unlisted".*TLS.*pg_hba\.conf/,
  ],
  [
    'TLS that the server lacks',
    () => plain(),
    { sslMode: 'require' },
    /does not support SSL.*database\.ssl_mode/,
  ],
  [
    'a host that does not exist',
    () => plain({ host: 'nohost.invalid' }),
    {},
    /nohost\.invalid:\d+ cannot be used: .*Check database\.host/,
  ],
  [
    'a port without a server',
    () => plain({ port: 1 }),
    {},
    /127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED.*database\.port/,
  ],
])('serve and migrate explain %s alike', async (_, options, settings, expected) => {
  const served = await start(options(), settings);
  expect(served).toMatch(expected);
  expect(await migrate(options(), 'status', settings)).toBe(served);
  expect(served).not.toContain('not-the-one');
});

test('a schema in which the role may not create names the right, at the start and in the command', async () => {
  const expected = /permission denied for schema public\..*GRANT CREATE ON SCHEMA/;
  expect(await migrate(plain(), 'up')).toMatch(expected);
  expect(await start(plain())).toMatch(expected);
});

test('a search_path without a schema says what to change', async () => {
  const expected = /no schema has been selected to create in\. .*search_path/;
  expect(await migrate(plain({ user: 'lost' }), 'up')).toMatch(expected);
  expect(await start(plain({ user: 'lost' }))).toMatch(expected);
});

test('an extension that the role may not create names the right on the database', async () => {
  await server.query('grant create on schema public to plain', 'owned');
  expect(await migrate(plain({ database: 'owned' }), 'up')).toMatch(
    /permission denied to create extension "pg_trgm"\. Hint: .*GRANT CREATE ON DATABASE/,
  );
});

test('a role whose transactions are read-only is told so', async () => {
  const options = plain({ user: 'reader' });
  expect(await migrate(options, 'up')).toMatch(
    /read-only transaction\..*default_transaction_read_only/,
  );
});

test('a view in the way of a migration is named, and rows of a violated constraint are not', async () => {
  await server.query('create database viewed');
  const { migrator, connection } = await openMigrator({ ...owner, database: 'viewed' });
  try {
    await migrator.goto(2);
    await connection.execute(
      'create view signups as select date(created_at), count(*) from users group by 1',
    );
    expect(await failureOf(() => migrator.up())).toMatch(
      /cannot alter type of a column used by a view or rule\. Detail: rule _RETURN on view signups depends on column "created_at"\. Drop the view/,
    );
    await connection.execute('drop view signups');
    for (const email of ['Secret@Example.com', 'secret@example.com']) {
      await connection.query(
        `insert into users (id, first_name, last_name, email, phone, password)
         values (gen_random_uuid(), 'A', 'B', $1, '', '')`,
        [email],
      );
    }
    const message = await failureOf(() => migrator.up());
    expect(message).toMatch(/failed/);
    expect(message.toLowerCase()).not.toContain('secret@');
  } finally {
    await connection.close();
  }
});
