import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createMigrator,
  loadMigrations,
} from '../../src/infrastructure/database/migrations/migrator.ts';
import {
  connectForMigration,
  type TestMigrationConnection,
} from '../support/migration-connections.ts';
import { golangMigrateAtVersion2 } from '../support/migration-fixtures.ts';
import { describeCatalogue } from '../support/schema-dump.ts';
import { createTestDatabase } from '../support/test-database.ts';

const migrations = await loadMigrations();
const FOREIGN_USERS =
  'create table users (id bigserial primary key, email text not null, encrypted_password text not null);';
const atVersion = (version: number) =>
  `create table schema_migrations (version bigint not null primary key, dirty boolean not null);
   insert into schema_migrations values (${version}, false);`;

describe("other people's databases", () => {
  let connection: TestMigrationConnection;
  beforeEach(async () => {
    const { connectionOptions } = await createTestDatabase({ template: 'template0' });
    connection = await connectForMigration(connectionOptions);
  });
  afterEach(() => connection.close());
  const migrator = () => createMigrator({ connection, migrations, log: () => {} });

  test.each<[string, string, RegExp]>([
    [
      'Rails',
      "create table schema_migrations (version varchar primary key); insert into schema_migrations values ('20240101120000'), ('20240102120000');",
      /schema_migrations in schema public belongs to another tool \(no column dirty\)/,
    ],
    [
      'dbmate',
      "create table schema_migrations (version varchar(128) primary key); insert into schema_migrations values ('20240101120000');",
      /another tool \(no column dirty\)/,
    ],
    [
      'Ecto, which has a number and a time',
      'create table schema_migrations (version bigint primary key, inserted_at timestamp(0)); insert into schema_migrations values (20240101120000, now());',
      /another tool \(no column dirty\)/,
    ],
    [
      'a tool with a text and a mark',
      "create table schema_migrations (version text, dirty boolean); insert into schema_migrations values ('2', false);",
      /another tool \(version is no whole number\)/,
    ],
    [
      'two rows',
      `${golangMigrateAtVersion2} insert into schema_migrations values (3, false);`,
      /has 2 rows but may have only one\. Either it belongs to another tool/,
    ],
    [
      "a number of ours over another application's users",
      `${golangMigrateAtVersion2} ${FOREIGN_USERS}`,
      /table users belongs to another application \(no column first_name\)/,
    ],
    [
      'a number of ours without tables',
      golangMigrateAtVersion2,
      /says version 2, but the table users of that version is missing/,
    ],
    [
      'a number of ours with half of the tables',
      `${migrations[1]?.up.steps[0]} ${atVersion(12)}`,
      /says version 12, but the table sessions of that version is missing/,
    ],
    ['users of another application', FOREIGN_USERS, /table users belongs to another application/],
    [
      'sessions of another framework, which only migration 9 would meet',
      'create table sessions (id bigserial primary key, session_id varchar, data text);',
      /table sessions belongs to another application \(no column user_id\)/,
    ],
    [
      'the extension in a schema that the role does not see',
      'create schema extensions; create extension pg_trgm schema extensions;',
      /pg_trgm is in the schema extensions, which the role does not see.*ALTER EXTENSION/,
    ],
  ])('%s: up, status and goto refuse, and nothing changes', async (_, script, expected) => {
    await connection.execute(script);
    const before = await describeCatalogue(connection);
    await expect(migrator().up()).rejects.toThrow(expected);
    await expect(migrator().goto(1)).rejects.toThrow(expected);
    await expect(migrator().status()).rejects.toThrow(expected);
    expect(await describeCatalogue(connection)).toBe(before);
  });

  test('force does not touch the record of another tool', async () => {
    await connection.execute('create table schema_migrations (version varchar primary key)');
    const before = await describeCatalogue(connection);
    await expect(migrator().force(2)).rejects.toThrow(/another tool/);
    expect(await describeCatalogue(connection)).toBe(before);
  });

  test('a schema of its own beside another application is used', async () => {
    await connection.execute(
      `${FOREIGN_USERS} create schema own; create schema extensions; create extension pg_trgm schema extensions;`,
    );
    await connection.execute('set search_path = own, public, extensions');
    expect(await migrator().up()).toMatchObject({ from: 0, to: migrations.length });
    const { rows } = await connection.query(
      "select table_schema::text as schema from information_schema.tables where table_name = 'users' order by 1",
    );
    expect(rows).toEqual([{ schema: 'own' }, { schema: 'public' }]);
  });
});
