import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  checkSchema,
  createMigrator,
  loadMigrations,
  type Migration,
  type MigratorOptions,
} from '../../../src/infrastructure/database/migrations/migrator.ts';
import { eventually } from '../../support/eventually.ts';
import {
  connectForMigration,
  type TestMigrationConnection,
} from '../../support/migration-connections.ts';
import { continueMigrations } from '../../support/migration-fixtures.ts';
import { startPgBouncer } from '../../support/pgbouncer.ts';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts';

const migrations = await loadMigrations();
const head = migrations.length;
const slowStep = `-- compatible_from: ${head}
-- transaction: none
create table if not exists begun (n integer);
-- step
select pg_sleep(600);`;

let database: TestDatabase;
let open: TestMigrationConnection[];
beforeEach(async () => {
  database = await createTestDatabase({ template: 'template0' });
  open = [];
});
afterEach(async () => {
  for (const connection of open) await connection.close();
});

async function connect(name?: string): Promise<TestMigrationConnection> {
  const connection = await connectForMigration(database.connectionOptions, name);
  open.push(connection);
  return connection;
}

async function migratorOn(
  connection: TestMigrationConnection,
  known: readonly Migration[] = migrations,
  options: Partial<MigratorOptions> = {},
) {
  const messages: string[] = [];
  const log = (message: string): void => {
    messages.push(message);
  };
  const migrator = createMigrator({ connection, migrations: known, log, options });
  return { ...migrator, messages };
}

async function locksHeld(): Promise<number> {
  const watcher = await connect();
  const { rows } = await watcher.query(
    `select 1 from pg_locks where locktype = 'advisory' and granted
     and database = (select oid from pg_database where datname = current_database())`,
  );
  await watcher.close();
  return rows.length;
}

describe('several migrators', () => {
  test('twenty in parallel on an empty database all succeed, and each migration runs once', async () => {
    const reports = await Promise.all(
      Array.from({ length: 20 }, async () => (await migratorOn(await connect())).up()),
    );
    expect(reports.every((report) => report.to === head)).toBe(true);
    expect(
      reports.flatMap((report) => report.runs.map((run) => run.version)).sort((a, b) => a - b),
    ).toEqual(migrations.map(({ version }) => version));
    expect(await locksHeld()).toBe(0);
  });

  test('one that waits names the holder, and fails at its deadline', async () => {
    const holder = await connect('nightly job');
    const running = (await migratorOn(holder, continueMigrations(migrations, [{ up: slowStep }])))
      .up()
      .catch((error: unknown) => error);
    await eventually(async () => expect(await locksHeld()).toBe(1));

    const waiting = await migratorOn(await connect(), migrations, { lockWaitMs: 300 });
    await expect(waiting.up()).rejects.toThrow(
      new RegExp(`pid ${holder.announcedPid} \\(nightly job\\)`),
    );
    expect(waiting.messages[0]).toMatch(
      /another migrator holds the lock, pid \d+ \(nightly job\); waiting/,
    );

    await (await connect()).query('select pg_terminate_backend($1)', [holder.announcedPid]);
    await running;
  });

  test('a concurrent check sees a running migrator and no failure', async () => {
    await (await migratorOn(await connect())).up();
    const next = continueMigrations(migrations, [{ up: slowStep }]);
    const holder = await connect();
    const running = (await migratorOn(holder, next)).up().catch((error: unknown) => error);
    const watcher = await connect();
    await eventually(async () => {
      expect(await checkSchema(watcher, next)).toMatchObject({ dirty: true });
    });
    expect(await checkSchema(watcher, next)).toMatchObject({ state: 'older', migrating: true });
    expect(await checkSchema(watcher, migrations)).toMatchObject({ state: 'newer-compatible' });
    await watcher.query('select pg_terminate_backend($1)', [holder.announcedPid]);
    await running;
  });
});

describe('a migrator that dies in the middle of a step', () => {
  const madeUp = `${String(head + 1).padStart(6, '0')}_made_up`;
  const named = new RegExp(`${madeUp} \\(up\\) stopped in step 2 of 2.*migrate force ${head}`);

  async function expectNamedDirtyState(): Promise<void> {
    await eventually(async () => expect(await locksHeld()).toBe(0), {
      timeoutMs: 20_000,
      what: 'the release of the lock',
    });
    const next = continueMigrations(migrations, [{ up: slowStep }]);
    const successor = await migratorOn(await connect(), next, { lockWaitMs: 0 });
    await expect(successor.up()).rejects.toThrow(named);
    expect((await checkSchema(await connect(), next)).message).toMatch(named);
    // The remedy in the message works.
    await successor.force(head);
    const repaired = continueMigrations(migrations, [{ up: slowStep.replace('600', '0') }]);
    expect(await (await migratorOn(await connect(), repaired)).up()).toMatchObject({
      to: head + 1,
    });
  }

  test('by SIGKILL leaves no lock, and a dirty state that is named', async () => {
    const script = fileURLToPath(new URL('../../support/migrate-child.ts', import.meta.url));
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', script, JSON.stringify(database.connectionOptions), slowStep],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        if (line.includes(`${madeUp} step 2 of 2`)) break;
      }
    } finally {
      child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    await expectNamedDirtyState();
  });

  test('by a lost connection leaves no lock, and a dirty state that is named', async () => {
    const connection = await connect();
    const next = continueMigrations(migrations, [{ up: slowStep }]);
    const dying = await migratorOn(connection, next);
    const outcome = dying.up().catch((error: unknown) => error);
    await eventually(() => expect(dying.messages.at(-1)).toContain(`${madeUp} step 2 of 2`), {
      timeoutMs: 20_000,
    });
    await (await connect()).query('select pg_terminate_backend($1)', [connection.announcedPid]);
    expect(String(await outcome)).toMatch(
      new RegExp(`${madeUp} step 2 of 2.*left the database dirty`),
    );
    await expectNamedDirtyState();
  });
});

describe('a migration under traffic', () => {
  test('writers continue while a long transaction holds the table, and no write fails', async () => {
    await (await migratorOn(await connect())).goto(2);
    const reader = await connect();
    await reader.execute('begin; select count(*) from users;');
    const writer = await connect();
    // The limits of a service: a write that waits longer fails.
    await writer.execute("set lock_timeout = '2s'; set statement_timeout = '5s'");
    let stop = false;
    let written = 0;
    const traffic = (async () => {
      while (!stop && written < 100_000) {
        written += 1;
        const email = `writer${written}@example.com`;
        await writer.query(
          "insert into users (first_name, last_name, email, password) values ('A', 'B', $1, 'x')",
          [email],
        );
        await writer.query("update users set first_name = 'C' where email = $1", [email]);
      }
    })();

    const options = { lockTimeoutMs: 100, backoffMs: 100, lockTries: 20 };
    const migrator = await migratorOn(await connect(), migrations, options);
    const migrating = migrator.up();
    await eventually(
      () =>
        expect(migrator.messages.filter((line) => /for a lock/.test(line)).length).toBeGreaterThan(
          1,
        ),
      { timeoutMs: 15_000 },
    );
    const writtenDuringTheWait = written;
    await eventually(() => expect(written).toBeGreaterThan(writtenDuringTheWait));
    await reader.execute('commit');
    expect(await migrating).toMatchObject({ to: head });
    stop = true;
    await traffic;
    const { rows } = await reader.query<{ count: number }>(
      "select count(*)::integer as count from users where first_name = 'C' and version = 1",
    );
    expect(rows[0]?.count).toBe(written);
  });

  test('a lock that is never released gives a clear message and an unchanged database', async () => {
    await (await migratorOn(await connect())).goto(2);
    const reader = await connect();
    await reader.execute('begin; select count(*) from users;');
    const options = { lockTimeoutMs: 50, backoffMs: 10, lockTries: 3 };
    const migrator = await migratorOn(await connect(), migrations, options);
    await expect(migrator.up()).rejects.toThrow(
      /000003.*rolled back.*long transaction.*pg_stat_activity/,
    );
    expect(migrator.messages.filter((line) => /for a lock/.test(line))).toHaveLength(2);
    expect(await migrator.version()).toEqual({ version: 2, dirty: false });
    await reader.execute('commit');
    expect(await migrator.up()).toMatchObject({ from: 2, to: head });
  });

  test('building an index waits for open transactions beyond the lock timeout', async () => {
    // The last version before the search index, whose creation waits for transactions on the users table.
    await (await migratorOn(await connect())).goto(12, { allowDataLoss: true });
    const writer = await connect();
    await writer.execute(`begin;
      insert into users (first_name, last_name, email, password) values ('A', 'B', 'a@b.example', 'x')`);
    const migrator = await migratorOn(await connect(), migrations, { lockTimeoutMs: 1 });
    const migrating = migrator.up();
    const watcher = await connect();
    await eventually(async () => {
      const { rows } = await watcher.query(
        "select 1 from pg_stat_activity where query ilike '%create index concurrently%' and wait_event = 'virtualxid'",
      );
      expect(rows).toHaveLength(1);
    });
    await writer.execute('commit');
    expect(await migrating).toMatchObject({ to: head });
    expect(migrator.messages.filter((line) => /for a lock/.test(line))).toEqual([]);
  });
});

describe('a transaction pooler before the server', () => {
  /** Alternates between two backends, as PgBouncer may do. */
  async function pooled(): Promise<TestMigrationConnection> {
    const backends = [await connect(), await connect()] as const;
    let turn = 0;
    const next = (): TestMigrationConnection => {
      turn += 1;
      return backends[turn % 2 === 0 ? 0 : 1];
    };
    return { ...backends[0], query: (...args) => next().query(...args) };
  }

  test('is rejected with the remedy, and no lock or table is left', async () => {
    const migrator = await migratorOn({ ...(await pooled()), announcedPid: undefined });
    await expect(migrator.up()).rejects.toThrow(/pooler in transaction mode.*direct connection/);
    expect(await locksHeld()).toBe(0);
    const { rows } = await (await connect()).query(
      "select to_regclass('schema_migrations') as name",
    );
    expect(rows).toEqual([{ name: null }]);
  });

  test('is detected by the pid that it announced, even while it keeps one backend', async () => {
    const migrator = await migratorOn({ ...(await connect()), announcedPid: 1 });
    await expect(migrator.up()).rejects.toMatchObject({ code: 'pooler' });
    expect(await locksHeld()).toBe(0);
  });

  test('is detected with PgBouncer, whose idle pool keeps using the same backend', async () => {
    const pooler = await startPgBouncer({ postgres: database.connectionOptions });
    try {
      const through = await connectForMigration(pooler.connectionOptions);
      open.push(through);
      await expect((await migratorOn(through)).up()).rejects.toMatchObject({ code: 'pooler' });
      expect(await locksHeld()).toBe(0);
      await through.close();
    } finally {
      await pooler.stop();
    }
  });

  test('is detected before the next migration when it changes the backend later', async () => {
    const connection = await connect();
    const other = await connect();
    let moved = false;
    const log = (message: string): void => {
      if (message.includes('000003')) moved = true;
    };
    const moving: TestMigrationConnection = {
      ...connection,
      query: (...args) => (moved ? other : connection).query(...args),
      execute: (script) => (moved ? other : connection).execute(script),
    };
    await expect(
      createMigrator({ connection: moving, migrations, log }).up(),
    ).rejects.toMatchObject({
      code: 'pooler',
    });
    expect(await (await migratorOn(other)).version()).toEqual({ version: 3, dirty: false });
  });
});
