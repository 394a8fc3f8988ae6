import { inspect } from 'node:util';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { changeSlots } from '../../src/infrastructure/database/postgres/change-gate.ts';
import { checkHealth } from '../../src/infrastructure/database/postgres/generated/health.queries.ts';
import {
  findRarestSearchTokens,
  foldSearchText,
  walkUserSearch,
} from '../../src/infrastructure/database/postgres/generated/user-search.queries.ts';
import { findUsersByIds } from '../../src/infrastructure/database/postgres/generated/users.queries.ts';
import { createPostgresUserRepository } from '../../src/infrastructure/database/postgres/user-repository.ts';
import {
  SEARCH_BOUNDS,
  searchUserIds,
} from '../../src/infrastructure/database/postgres/user-search.ts';
import type { Database, SqlConnection } from '../../src/infrastructure/database/sql.ts';
import { eventually } from '../support/eventually.ts';
import { connectPostgres } from '../support/postgres-database.ts';
import type { ConnectionOptions } from '../support/postgres-server.ts';
import { runStatement } from '../support/superuser.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { createSignal, ids, inTransaction, newUser, refusal, storeUser } from './fixtures.ts';

const NIL = '00000000-0000-0000-0000-000000000000';

/** Transactions that a pool of 10 connections, the default, runs at the same time. */
const CHANGE_SLOTS = changeSlots(10);

/** Cases that need a server: broken connections, time limits, prepared statements, settings of the role. */
describe('PostgreSQL through the pool', () => {
  let connection: ConnectionOptions;
  beforeAll(async () => {
    connection = (await createTestDatabase()).connectionOptions;
  });
  beforeEach(async () => {
    await runStatement(connection, 'truncate users, outbox cascade');
  });

  const holdAll = (database: Database, count: number, until: Promise<void>) =>
    Array.from({ length: count }, () => database.transaction(() => until));

  async function backendPids(): Promise<number[]> {
    const rows = await runStatement(
      connection,
      `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
         and application_name = 'user-service' order by pid`,
    );
    return rows.map((row) => Number(row.pid));
  }

  test('1,000 duplicate registrations cost no connection', async () => {
    const database = await connectPostgres(connection, { maxIdleConns: 10 });
    await storeUser(database, { email: 'taken@example.com' });
    const go = createSignal();
    const holders = holdAll(database, CHANGE_SLOTS, go.fired);
    await eventually(() => expect(database.stats().total).toBe(CHANGE_SLOTS));
    go.fire();
    await Promise.all(holders);
    const before = await backendPids();
    expect(before).toHaveLength(CHANGE_SLOTS);
    // In rounds, so that no caller waits longer than the pool allows.
    for (let round = 0; round < 10; round += 1) {
      const attempts = Array.from({ length: 100 }, () =>
        inTransaction(database, (tx) => tx.users.insert(newUser({ email: 'taken@example.com' }))),
      );
      for (const result of await Promise.allSettled(attempts)) {
        expect(result).toMatchObject({ status: 'rejected', reason: refusal('email_taken') });
      }
    }
    expect(await backendPids()).toEqual(before);
  });

  test('1,000 violated constraints cost no connection', async () => {
    const database = await connectPostgres(connection);
    await storeUser(database, { email: 'taken@example.com' });
    const { id } = await storeUser(database);
    const before = await backendPids();
    const violate = () =>
      database.query("update users set email = 'taken@example.com' where id = $1", [id]);
    for (let index = 0; index < 1_000; index += 1) {
      await expect(violate()).rejects.toMatchObject(refusal('email_taken'));
    }
    expect(await backendPids()).toEqual(before);
  });

  test('keeps connections under steady load, also beyond max_idle_conns', async () => {
    const database = await connectPostgres(connection, { maxOpenConns: 10, maxIdleConns: 2 });
    let statements = 0;
    let running = true;
    const callers = Array.from({ length: 10 }, async () => {
      while (running) {
        await database.query('select pg_sleep(0.001)');
        statements += 1;
      }
    });
    // The pool counts a connection before the server does.
    const before = await eventually(async () => {
      const pids = await backendPids();
      expect(pids).toHaveLength(10);
      return pids;
    });
    const enough = statements + 2_000;
    await eventually(() => expect(statements).toBeGreaterThan(enough), {
      timeoutMs: 25_000,
    });
    expect(await backendPids()).toEqual(before);
    running = false;
    await Promise.all(callers);
  });

  test('closes connections that stay idle beyond max_idle_conns', async () => {
    const database = await connectPostgres(connection, { maxOpenConns: 10, maxIdleConns: 2 });
    const go = createSignal();
    const holders = holdAll(database, CHANGE_SLOTS, go.fired);
    await eventually(() => expect(database.stats().total).toBe(CHANGE_SLOTS));
    go.fire();
    await Promise.all(holders);
    await eventually(() =>
      expect(database.stats()).toMatchObject({ total: 2, idle: 2, waiting: 0 }),
    );
    await eventually(async () => expect(await backendPids()).toHaveLength(2));
  });

  test('replaces a connection that is idle for too long or too old', async () => {
    const idle = await connectPostgres(connection, { connMaxIdleTimeMs: 50 });
    await idle.query('select 1');
    await eventually(() => expect(idle.stats().total).toBe(0));
    const aged = await connectPostgres(connection, { connMaxLifetimeMs: 1_000 });
    const pid = async () =>
      (await aged.query<{ pid: number }>('select pg_backend_pid() as pid')).rows;
    const first = await pid();
    await eventually(async () => expect(await pid()).not.toEqual(first));
  });

  test('a caller without a connection in time gets unavailable with a retry', async () => {
    const database = await connectPostgres(connection, { maxOpenConns: 1, connectTimeoutMs: 100 });
    const go = createSignal();
    const [holder] = holdAll(database, 1, go.fired);
    await eventually(() => expect(database.stats()).toMatchObject({ total: 1, idle: 0 }));
    const late = database.query('select 1');
    await expect(late).rejects.toMatchObject({ ...refusal('unavailable'), retryAfterSeconds: 1 });
    go.fire();
    await holder;
    await database.query('select 1');
  });

  test('cancels a statement that takes too long, and keeps its connection', async () => {
    const database = await connectPostgres(connection, { statementTimeoutMs: 100 });
    const before = await backendPids();
    await expect(database.query('select pg_sleep(60)')).rejects.toMatchObject(
      refusal('unavailable'),
    );
    expect(await backendPids()).toEqual(before);
  });

  test('ends a lock wait that takes too long', async () => {
    const database = await connectPostgres(connection, { lockTimeoutMs: 100 });
    const { id } = await storeUser(database);
    const locked = createSignal();
    const go = createSignal();
    const holder = inTransaction(database, async (tx) => {
      await tx.users.lockById(id);
      locked.fire();
      await go.fired;
    });
    await locked.fired;
    const second = inTransaction(database, (tx) => tx.users.lockById(id));
    await expect(second).rejects.toMatchObject(refusal('unavailable'));
    go.fire();
    await holder;
  });

  test('of two transactions in a deadlock one gets unavailable', async () => {
    const database = await connectPostgres(connection, { lockTimeoutMs: 10_000 });
    const [one, two] = [(await storeUser(database)).id, (await storeUser(database)).id];
    const both = [createSignal(), createSignal()] as const;
    const crossing = (first: string, second: string, mine: 0 | 1) =>
      inTransaction(database, async (tx) => {
        await tx.users.lockById(first);
        both[mine].fire();
        await Promise.all(both.map((signal) => signal.fired));
        await tx.users.lockById(second);
      });
    const results = await Promise.allSettled([crossing(one, two, 0), crossing(two, one, 1)]);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toMatchObject([{ reason: refusal('unavailable') }]);
  });

  test('replaces idle connections that the server ended, without an error for callers', async () => {
    const database = await connectPostgres(connection);
    await database.query('select 1');
    await endBackends();
    await eventually(() => expect(database.stats().total).toBe(0));
    expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });

  test('a connection that ends inside a transaction gives unavailable, and nothing is stored', async () => {
    const database = await connectPostgres(connection);
    const user = newUser();
    const work = inTransaction(database, async (tx) => {
      await tx.users.insert(user);
      await endBackends();
      await tx.users.findById(user.id);
    });
    await expect(work).rejects.toMatchObject(refusal('unavailable'));
    expect(await createPostgresUserRepository(database).findById(user.id)).toBeNull();
  });

  test('a connection lost during COMMIT gives outcome_unknown', async () => {
    const database = await connectPostgres(connection);
    await database.query(
      `create function end_me() returns trigger language plpgsql as
       $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); return null; end $$`,
    );
    await database.query(
      `create constraint trigger end_me after insert on outbox deferrable initially deferred
       for each row execute function end_me()`,
    );
    const user = newUser();
    const work = inTransaction(database, async (tx) => {
      await tx.users.insert(user);
      await tx.outbox.append(user.takeEvents());
    });
    await expect(work).rejects.toMatchObject(refusal('outcome_unknown'));
    await database.query('drop function end_me cascade');
  });

  test('prepares statements under their names, except the index of the search, which is planned for its text', async () => {
    const database = await connectPostgres(connection, { maxOpenConns: 1 });
    const users = createPostgresUserRepository(database);
    await users.findById(ids.next());
    for (let count = 0; count < 2; count += 1) await storeUser(database);
    const sent: (string | undefined)[] = [];
    const recording: SqlConnection = {
      query: (text, values, name) => {
        sent.push(name);
        return database.query(text, values, name);
      },
    };
    await searchUserIds(
      recording,
      'abc',
      { afterId: NIL, limit: 1 },
      { ...SEARCH_BOUNDS, walkedRows: 1 },
    );
    const named = [foldSearchText.name, walkUserSearch.name, findRarestSearchTokens.name];
    expect(sent).toEqual([...named, undefined]);
    const { rows } = await database.query<{ name: string }>(
      'select name from pg_prepared_statements order by prepare_time',
    );
    const prepared = rows.map(({ name }) => name);
    // The first is the health check at the start.
    expect(prepared.slice(0, 2)).toEqual([checkHealth.name, findUsersByIds.name]);
    expect(prepared.slice(-3)).toEqual(named);
  });

  test('a table that changes after statements were prepared causes no error for callers', async () => {
    const database = await connectPostgres(connection);
    const user = await storeUser(database);
    const users = createPostgresUserRepository(database);
    const go = createSignal();
    const prepare = Array.from({ length: 5 }, () =>
      database.transaction(async (tx) => {
        await createPostgresUserRepository(tx).findById(user.id);
        await go.fired;
      }),
    );
    await eventually(() => expect(database.stats().total).toBe(5));
    go.fire();
    await Promise.all(prepare);
    await runStatement(connection, 'alter table users alter column first_name type varchar(120)');
    // One after the other, so that the second attempt of the first call gets another stale connection.
    for (let index = 0; index < 10; index += 1) {
      expect(await users.findById(user.id)).toEqual(user.profile);
    }
    await runStatement(connection, 'alter table users alter column first_name type varchar(100)');
  });

  test('without prepared statements, prepares none and sends no setting that a pooler rejects', async () => {
    const role = 'pooled_role';
    await runStatement(connection, `create role ${role} login superuser password 'secret'`);
    const pooled = { ...connection, user: role, password: 'secret' };
    const settings = { preparedStatements: false, maxOpenConns: 1 };
    await expect(connectPostgres(pooled, settings)).rejects.toThrow(
      /jit is on, max_parallel_workers_per_gather is 2\. Run these statements, then let poolers reconnect: ALTER ROLE "pooled_role" IN DATABASE "\w+" SET jit = 'off'; ALTER ROLE .* SET max_parallel_workers_per_gather = '0';$/,
    );
    await runStatement(connection, `alter role ${role} set jit = off`);
    await runStatement(connection, `alter role ${role} set max_parallel_workers_per_gather = 0`);
    const refused = connectPostgres(pooled, settings);
    await expect(refused).rejects.toThrow(
      /ALTER ROLE "pooled_role" SET statement_timeout = '5000ms'; ALTER ROLE "pooled_role" SET lock_timeout = '2000ms'; ALTER ROLE "pooled_role" SET idle_in_transaction_session_timeout = '10000ms';/,
    );
    await runStatement(connection, `alter role ${role} set statement_timeout = '7s'`);
    await runStatement(connection, `alter role ${role} set lock_timeout = '3s'`);
    await runStatement(
      connection,
      `alter role ${role} set idle_in_transaction_session_timeout = '9s'`,
    );
    const database = await connectPostgres(pooled, settings);
    await createPostgresUserRepository(database).findById(ids.next());
    expect((await database.query('select name from pg_prepared_statements')).rows).toEqual([]);
    expect((await database.query('show statement_timeout')).rows).toEqual([
      { statement_timeout: '7s' },
    ]);
  });

  test('sends the time limits when a connection starts', async () => {
    const database = await connectPostgres(connection, { statementTimeoutMs: 4_000 });
    const show = async (name: string) => (await database.query(`show ${name}`)).rows;
    expect(await show('statement_timeout')).toEqual([{ statement_timeout: '4s' }]);
    expect(await show('lock_timeout')).toEqual([{ lock_timeout: '2s' }]);
    expect(await show('idle_in_transaction_session_timeout')).toEqual([
      { idle_in_transaction_session_timeout: '10s' },
    ]);
  });

  test.each([
    [
      'a wrong password',
      { password: 'not-the-one' },
      /password authentication failed.*database\.password/,
    ],
    ['a missing database', { database: 'nowhere' }, /"nowhere" does not exist.*database\.name/],
    ['a closed port', { port: 1 }, /127\.0\.0\.1:1 .*ECONNREFUSED.*database\.port/],
    ['an unknown host', { host: 'nowhere.invalid' }, /nowhere\.invalid.*database\.host/],
    ['a server without TLS', { sslMode: 'require' as const }, /does not support SSL/],
  ])('fails to start on %s, with one message that names it', async (_, settings, message) => {
    const start = connectPostgres(connection, settings);
    const error = await start.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      name: 'DatabaseStartError',
      message: expect.stringMatching(message),
    });
    expect(inspect(error, { depth: 10 })).not.toContain('not-the-one');
  });

  test('rejects a database that is not UTF-8', async () => {
    const name = `latin_${ids.next().slice(-12)}`;
    await runStatement(
      connection,
      `create database ${name} encoding 'LATIN1' locale 'C' template template0`,
    );
    const start = connectPostgres({ ...connection, database: name });
    await expect(start).rejects.toThrow("ENCODING 'UTF8'");
    await runStatement(connection, `drop database ${name} with (force)`);
  });

  async function endBackends(): Promise<void> {
    await runStatement(
      connection,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'user-service'`,
    );
  }
});
