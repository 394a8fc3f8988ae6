import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  checkSchema,
  createMigrator,
  loadMigrations,
  type Migration,
  MigrationError,
  type Migrator,
} from '../../../src/infrastructure/database/migrations/migrator.ts';
import {
  connectForMigration,
  openEmbeddedForMigration,
  type TestMigrationConnection,
} from '../../support/migration-connections.ts';
import {
  continueMigrations,
  golangMigrateAtVersion2,
  insertOriginUsers,
  originUsers,
} from '../../support/migration-fixtures.ts';
import { describeCatalogue } from '../../support/schema-dump.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const migrations = await loadMigrations();
const head = migrations.length;
/** The stem of the first migration that a test adds to the real ones. */
const madeUp = `${String(head + 1).padStart(6, '0')}_made_up`;

/** Shared, since opening an embedded database takes a second and emptying one does not. */
let embedded: TestMigrationConnection | undefined;
afterAll(() => embedded?.close());

const drivers = {
  async postgres() {
    const { connectionOptions } = await createTestDatabase({ template: 'template0' });
    return connectForMigration(connectionOptions);
  },
  async embedded() {
    embedded ??= await openEmbeddedForMigration();
    await embedded.execute('drop schema public cascade; create schema public; reset all;');
    return { ...embedded, close: async () => {} };
  },
};

describe.each(['postgres', 'embedded'] as const)('the migrator on %s', (driver) => {
  let connection: TestMigrationConnection;
  beforeEach(async () => {
    connection = await drivers[driver]();
  });
  afterEach(() => connection.close());

  const migrator = (known: readonly Migration[] = migrations): Migrator =>
    createMigrator({
      connection,
      migrations: known,
      log: () => {},
    });
  const versionOf = () => migrator().version();
  const users = async () =>
    (await connection.query<Record<string, unknown>>('select * from users order by id')).rows;

  test('every step up, down and up again gives the same schema', async () => {
    for (const { version } of migrations) {
      const before = await describeCatalogue(connection);
      await migrator().up(1);
      const after = await describeCatalogue(connection);
      await migrator().down(1, { allowDataLoss: true });
      expect(await describeCatalogue(connection), `down from ${version}`).toBe(before);
      await migrator().up(1);
      expect(await describeCatalogue(connection), `up to ${version} again`).toBe(after);
    }
    expect(await versionOf()).toEqual({ version: head, dirty: false });
  });

  test('rows of the first schema survive every step up and down', async () => {
    await migrator().goto(2);
    await insertOriginUsers(connection);
    for (let version = 3; version <= head; version += 1) {
      await migrator().up(1);
      await migrator().down(1, { allowDataLoss: true });
      await migrator().up(1);
      expect(await users(), `at version ${version}`).toHaveLength(originUsers.length);
    }
    const stored = await users();
    expect(stored.map((user) => user.email)).toEqual(
      originUsers.map((user) => user.email.toLowerCase()),
    );
    const times = await connection.query<{ id: string; created: string; updated: string }>(
      `select id, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') as created,
              to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') as updated
       from users order by id`,
    );
    expect(times.rows[1]).toMatchObject({
      created: '2024-02-29 23:59:59.500',
      updated: '2024-02-29 23:59:59.500',
    });
    expect(times.rows[2]?.created).toBe('2023-06-01 00:00:00.000');
    expect(times.rows[3]).toMatchObject({
      created: '2021-01-01 12:00:00.000',
      updated: '2022-01-01 12:00:00.000',
    });
    for (const user of stored) {
      expect(user).toMatchObject({
        first_name: 'Łucja',
        last_name: 'O’Brien',
        phone: '+49 (0)30 123',
        password: '$2a$10$old',
        version: 1,
        status: 'active',
        email_verified: false,
        password_form: 1,
      });
      expect(user.created_at).not.toBeNull();
      expect(user.updated_at).not.toBeNull();
    }

    await migrator().goto(2, { allowDataLoss: true });
    expect((await users()).map((user) => [user.id, user.email])).toEqual(
      originUsers.map((user) => [user.id, user.email.toLowerCase()]),
    );
  });

  test('times keep their value when the server has another time zone', async () => {
    await migrator().goto(2);
    await insertOriginUsers(connection);
    await connection.execute("set time zone 'Asia/Kathmandu'");
    await migrator().up();
    const { rows } = await connection.query<{ created: string }>(
      `select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as created
       from users where email = $1`,
      ['mixed+tag@example.org'],
    );
    expect(rows[0]?.created).toBe('2024-02-29 23:59:59');
    const zone = await connection.query<{ TimeZone: string }>('show timezone');
    expect(Object.values(zone.rows[0] ?? {})).toEqual(['Asia/Kathmandu']);
  });

  test('a back-fill of several batches reaches every row', async () => {
    await migrator().goto(2);
    await connection.execute(`
      insert into users (first_name, last_name, email, password, created_at)
      select 'A', 'B', 'User' || n || '@Example.com', 'x', null from generate_series(1, 12000) n`);
    await migrator().up();
    const { rows } = await connection.query<{ done: number }>(
      `select count(*)::integer as done from users
       where created_at is not null and email like 'user%@example.com'`,
    );
    expect(rows[0]?.done).toBe(12_000);
  });

  test('adopts a database that golang-migrate migrated to version 2', async () => {
    for (const migration of migrations.slice(0, 2))
      await connection.execute(migration.up.steps[0] ?? '');
    await connection.execute(golangMigrateAtVersion2);
    await insertOriginUsers(connection);
    const found = await checkSchema(connection, migrations);
    expect(found).toMatchObject({ state: 'older', version: 2, compatibleFrom: 2 });
    expect(found.command).toBe('user-service migrate up');

    expect(await migrator().up()).toMatchObject({ from: 2, to: head });
    const { migrations: rows } = await migrator().status();
    expect(rows.map((row) => row.adopted)).toEqual(migrations.map(({ version }) => version <= 2));
    expect(rows.every((row) => row.state === 'applied')).toBe(true);
    const own = await connection.query('select version::integer, dirty from schema_migrations');
    expect(own.rows).toEqual([{ version: head, dirty: false }]);
    expect(await users()).toHaveLength(originUsers.length);
  });

  test('names a failure of golang-migrate and its remedy', async () => {
    await connection.execute(golangMigrateAtVersion2);
    await connection.execute('update schema_migrations set dirty = true');
    const named = /dirty at version 2: a migration by another tool failed.*migrate force 2/;
    await expect(migrator().up()).rejects.toThrow(named);
    const check = await checkSchema(connection, migrations);
    expect(check.state).toBe('dirty');
    expect(check.message).toMatch(named);
  });

  test('rejects tables that no migration recorded, and names the command to record them', async () => {
    for (const migration of migrations.slice(0, 2))
      await connection.execute(migration.up.steps[0] ?? '');
    await expect(migrator().up()).rejects.toThrow(
      /000002_create_user_table.*already exists.*migrate force V/,
    );
    await migrator().force(2);
    expect(await migrator().up()).toMatchObject({ from: 2, to: head });
  });

  test('names addresses that differ only in case by id, and changes nothing', async () => {
    await migrator().goto(5);
    await connection.execute(`
      insert into users (id, first_name, last_name, email, password) values
      ('11111111-1111-4111-8111-111111111111', 'A', 'B', 'Twice@example.com', 'x'),
      ('22222222-2222-4222-8222-222222222222', 'A', 'B', 'twice@Example.com', 'x')`);
    const before = await describeCatalogue(connection);
    const error = await migrator()
      .up()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MigrationError);
    expect(String(error)).toMatch(/000006_user_email_canonical.*rolled back/);
    expect(String(error)).toContain(
      '11111111-1111-4111-8111-111111111111, 22222222-2222-4222-8222-222222222222',
    );
    expect(String(error)).not.toMatch(/twice/i);
    expect(await versionOf()).toEqual({ version: 5, dirty: false });
    expect(await describeCatalogue(connection)).toBe(before);

    await connection.execute("update users set email = 'once@example.com' where email like 'T%'");
    expect(await migrator().up()).toMatchObject({ from: 5, to: head });
  });

  test('names an address that is not ASCII by id', async () => {
    await migrator().goto(5);
    await connection.execute(`
      insert into users (id, first_name, last_name, email, password) values
      ('33333333-3333-4333-8333-333333333333', 'A', 'B', 'info@bücher.example', 'x')`);
    await expect(migrator().up()).rejects.toThrow(
      /33333333-3333-4333-8333-333333333333.*A-labels/s,
    );
    expect(await versionOf()).toEqual({ version: 5, dirty: false });
  });

  test('down fails while a stored address is longer than the old column', async () => {
    await migrator().goto(6);
    const long = `${'a'.repeat(60)}@${'b'.repeat(60)}.example`;
    await connection.query(
      "insert into users (first_name, last_name, email, password) values ('A', 'B', $1, 'x')",
      [long],
    );
    await expect(migrator().down()).rejects.toThrow(
      /000006_user_email_canonical \(down\).*too long/,
    );
    expect(await versionOf()).toEqual({ version: 6, dirty: false });
    expect((await users())[0]?.email).toBe(long);
  });

  test('a step down that loses data names the loss, and runs only when that is allowed', async () => {
    await migrator().up();
    const before = await describeCatalogue(connection);
    const error = await migrator()
      .goto(8)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'loses_data' });
    expect(String(error)).toMatch(/000012.*every service account.*000009.*every session/s);
    expect(String(error)).toContain('--allow-data-loss');
    expect(await describeCatalogue(connection)).toBe(before);
    expect(await migrator().goto(8, { allowDataLoss: true })).toMatchObject({ from: head, to: 8 });
  });

  test('names a file that changed after it was applied, and the remedy', async () => {
    await migrator().up();
    const changed = migrations.map((migration) =>
      migration.version === 7 ? { ...migration, checksum: '0'.repeat(64) } : migration,
    );
    for (const refused of [migrator(changed).up(), migrator(changed).down()]) {
      await expect(refused).rejects.toThrow(
        new RegExp(`000007_user_version_and_status\\.up\\.sql.*migrate force ${head}`),
      );
    }
    expect(await checkSchema(connection, changed)).toMatchObject({ state: 'incompatible' });
    const { migrations: rows } = await migrator(changed).status();
    expect(rows.filter((row) => row.state === 'changed').map((row) => row.version)).toEqual([7]);

    await migrator(changed).force(head);
    expect(await checkSchema(connection, changed)).toMatchObject({ state: 'current' });
  });

  test('the previous build serves on the next schema when it is compatible', async () => {
    const next = continueMigrations(migrations, [
      { up: `-- compatible_from: ${head}\nalter table users add column nickname text;` },
    ]);
    await migrator().up();
    expect(await checkSchema(connection, migrations.slice(0, -1))).toMatchObject({
      state: 'newer-compatible',
      version: head,
      head: head - 1,
    });
    await migrator(next).up();
    const check = await checkSchema(connection, migrations);
    expect(check).toMatchObject({ state: 'newer-compatible', version: head + 1, head });
    expect(await migrator().up()).toEqual({ from: head + 1, to: head + 1, runs: [] });
    await expect(migrator().down()).rejects.toThrow(/the build that knows it/);
  });

  test('a build rejects a schema that needs a newer build', async () => {
    const next = continueMigrations(migrations, [
      { up: `-- compatible_from: ${head + 1}\nalter table users drop column phone;` },
    ]);
    await migrator(next).up();
    const check = await checkSchema(connection, migrations);
    expect(check.state).toBe('incompatible');
    expect(check.message).toMatch(
      new RegExp(`version ${head + 1}.*this build knows ${head}\\. Run a newer build`),
    );
    await expect(migrator().up()).rejects.toMatchObject({ code: 'incompatible' });
    expect(await checkSchema(connection, next)).toMatchObject({ state: 'current' });
  });

  test('a step that fails outside a transaction leaves a dirty state that every command names until it is repaired', async () => {
    const next = continueMigrations(migrations, [
      {
        up: `-- compatible_from: ${head}\n-- transaction: none\ncreate table if not exists first (n integer);\n-- step\nselect count(*) from missing;`,
        down: '-- loses_data: first\ndrop table first;',
      },
    ]);
    await expect(migrator(next).up()).rejects.toThrow(
      new RegExp(
        `${madeUp} step 2 of 2 .*"missing" does not exist.*migrate force ${head}.*migrate up`,
      ),
    );
    const dirty = new RegExp(`${madeUp} \\(up\\) stopped in step 2 of 2.*migrate force ${head}`);
    await expect(migrator(next).up()).rejects.toThrow(dirty);
    await expect(migrator(next).down()).rejects.toThrow(dirty);
    await expect(migrator(next).goto(3)).rejects.toThrow(dirty);
    const check = await checkSchema(connection, next);
    expect(check).toMatchObject({ state: 'dirty', version: head + 1, dirty: true });
    expect(check.message).toMatch(dirty);
    const { migrations: rows } = await migrator(next).status();
    expect(rows.at(-1)).toMatchObject({ version: head + 1, state: 'unfinished' });
    // The build that served while the migration ran continues to serve.
    expect(await checkSchema(connection, migrations)).toMatchObject({ state: 'newer-compatible' });

    await connection.execute('create table missing ()');
    await migrator(next).force(head);
    expect(await migrator(next).up()).toMatchObject({ from: head, to: head + 1 });
  });

  test('a migration that fails in its transaction leaves the database unchanged', async () => {
    const next = continueMigrations(migrations, [
      { up: `-- compatible_from: ${head}\ncreate table half ();\nselect count(*) from missing;` },
    ]);
    await migrator(next).goto(head);
    const before = await describeCatalogue(connection);
    await expect(migrator(next).up()).rejects.toThrow(new RegExp(`${madeUp}.*rolled back`));
    expect(await describeCatalogue(connection)).toBe(before);
    expect(await checkSchema(connection, next)).toMatchObject({ state: 'older', dirty: false });
  });

  test('the next run replaces an index that was left invalid', async () => {
    const next = continueMigrations(migrations, [
      {
        up: `-- compatible_from: ${head}\n-- transaction: none\ncreate unique index concurrently if not exists users_phone_key on users (phone);`,
        down: '-- transaction: none\ndrop index concurrently if exists users_phone_key;',
      },
    ]);
    await migrator(next).goto(head);
    await connection.execute(`
      insert into users (first_name, last_name, email, phone, password) values
      ('A', 'B', 'a@example.com', '+493012345', 'x'), ('A', 'B', 'b@example.com', '+493012345', 'x')`);
    const error = await migrator(next)
      .up()
      .catch((reason: unknown) => reason);
    expect(String(error)).toMatch(new RegExp(`${madeUp} step 1 of 1.*users_phone_key`));
    expect(String(error)).not.toContain('+493012345');

    await connection.execute("delete from users where email = 'b@example.com'");
    await migrator(next).force(head);
    await migrator(next).up();
    const { rows } = await connection.query<{ valid: boolean }>(
      "select indisvalid as valid from pg_index where indexrelid = 'users_phone_key'::regclass",
    );
    expect(rows).toEqual([{ valid: true }]);
  });

  test('distinguishes an empty database from an older one, and reading creates no table', async () => {
    expect(await checkSchema(connection, migrations)).toMatchObject({ state: 'empty', version: 0 });
    const { migrations: rows } = await migrator().status();
    expect(rows.every((row) => row.state === 'pending')).toBe(true);
    const { rows: tables } = await connection.query(
      "select to_regclass('schema_migrations') as name",
    );
    expect(tables).toEqual([{ name: null }]);
    await migrator().up(3);
    expect(await checkSchema(connection, migrations)).toMatchObject({ state: 'older', version: 3 });
    await migrator().up();
    expect(await checkSchema(connection, migrations)).toMatchObject({ state: 'current', head });
  });

  test('rejects versions that do not exist', async () => {
    await migrator().up();
    await expect(migrator().goto(head + 1)).rejects.toMatchObject({ code: 'target' });
    await expect(migrator().force(head + 1)).rejects.toMatchObject({ code: 'target' });
    await expect(migrator().down(head + 1)).rejects.toMatchObject({ code: 'target' });
    expect(await versionOf()).toEqual({ version: head, dirty: false });
  });

  test('rejects a version that another tool set without the history', async () => {
    await migrator().up();
    await connection.execute('update schema_migrations set version = 5');
    await expect(migrator().up()).rejects.toThrow(/history has version 6.*says 5/);
    await connection.execute('update schema_migrations set version = 20240101120000');
    await expect(migrator().up()).rejects.toThrow(`has no version ${head + 1}`);
    await connection.execute('insert into schema_migrations values (1, false)');
    await expect(migrator().up()).rejects.toThrow(/2 rows but may have only one/);
  });

  test('restores the settings of the session', async () => {
    const settings = async () =>
      (
        await connection.query(
          "select name, setting from pg_settings where name ~ 'timeout|keepalive|check_interval' order by name",
        )
      ).rows;
    const before = await settings();
    await migrator().up();
    expect(await settings()).toEqual(before);
    const { rows } = await connection.query(
      `select 1 from pg_locks where locktype = 'advisory'
       and database = (select oid from pg_database where datname = current_database())`,
    );
    expect(rows).toEqual([]);
  });
});
