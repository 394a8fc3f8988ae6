import { Client } from 'pg';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Api, createApi, createPerson, patientHashing } from '../../support/api.ts';
import { createMasterKey, useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import type { ConnectionOptions } from '../../support/postgres-server.ts';
import { runStatement } from '../../support/superuser.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const MASTER_KEY = { SECURITY_MASTER_KEY: createMasterKey(), ...patientHashing };

/** The pool as HTTP callers see it. `test/contract/postgres-database.test.ts` tests the pool itself. */
describe('a service on a pool of PostgreSQL connections', () => {
  let connection: ConnectionOptions;
  beforeAll(async () => {
    connection = (await createTestDatabase()).connectionOptions;
  });

  async function useApi(env: Readonly<Record<string, string>> = {}, at = connection): Promise<Api> {
    return createApi(
      await useTestApp({ database: 'postgres', connection: at, env: { ...MASTER_KEY, ...env } }),
    );
  }

  async function backendPids(): Promise<number[]> {
    const rows = await runStatement(
      connection,
      `select pid from pg_stat_activity
       where datname = current_database() and application_name = 'user-service' order by pid`,
    );
    return rows.map((row) => Number(row.pid));
  }

  /** Ends the service's backends. @returns how many. */
  async function endBackends(condition = 'true'): Promise<number> {
    const rows = await runStatement(
      connection,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'user-service' and ${condition}`,
    );
    return rows.length;
  }

  /** Opens a transaction on a separate client and runs `sql` in it. Open until the test ends. */
  async function holdTransaction(sql: string): Promise<Client> {
    const client = new Client(connection);
    client.on('error', () => {});
    await client.connect();
    onTestFinished(() => client.end());
    await client.query('begin');
    await client.query(sql);
    return client;
  }

  test('200 duplicate registrations keep the same backends', async () => {
    const api = await useApi({
      DATABASE_MAX_OPEN_CONNS: '4',
      DATABASE_MAX_IDLE_CONNS: '4',
    });
    const person = createPerson();
    await api.register(person);
    // Four at a time, so that the pool is as large as it gets before the pids are taken.
    await Promise.all(
      Array.from({ length: 8 }, () => api.send('POST', '/v1/users', { body: person })),
    );
    await eventually(async () => {
      await Promise.all(Array.from({ length: 8 }, () => api.sql('select pg_sleep(0.05)')));
      expect(await backendPids()).toHaveLength(4);
    });
    const before = await backendPids();
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => api.send('POST', '/v1/users', { body: person })),
      );
      expect(answers.map((answer) => answer.statusCode)).toEqual(Array(10).fill(409));
    }
    expect(await backendPids()).toEqual(before);
  });

  test('closes connections above max_idle_conns after a burst', async () => {
    const own = (await createTestDatabase()).connectionOptions;
    const api = await useApi({ DATABASE_MAX_OPEN_CONNS: '8', DATABASE_MAX_IDLE_CONNS: '2' }, own);
    const count = async (): Promise<number> => {
      const rows = await runStatement(
        own,
        "select pid from pg_stat_activity where datname = current_database() and application_name = 'user-service'",
      );
      return rows.length;
    };
    const burst = Array.from({ length: 8 }, () => api.sql('select pg_sleep(0.3)'));
    await eventually(async () => expect(await count()).toBe(8));
    await Promise.all(burst);
    await eventually(async () => expect(await count()).toBeLessThanOrEqual(2));
  });

  test('a connection is replaced at its lifetime, and closed at its idle time', async () => {
    const api = await useApi({ DATABASE_CONN_MAX_LIFETIME: '1s', DATABASE_MAX_OPEN_CONNS: '1' });
    const pid = async () =>
      (await api.sql<{ pid: number }>('select pg_backend_pid() as pid'))[0]?.pid;
    const first = await pid();
    await eventually(async () => expect(await pid()).not.toBe(first));
    const own = (await createTestDatabase()).connectionOptions;
    const idle = await useApi({ DATABASE_CONN_MAX_IDLE_TIME: '1s' }, own);
    await idle.register();
    await eventually(() => expect(idle.app.database.stats().total).toBe(0));
    expect((await idle.send('GET', '/health/ready')).statusCode).toBe(200);
  });

  test('a locked row: 503 with Retry-After after lock_timeout, and success after its release', async () => {
    const api = await useApi({ DATABASE_LOCK_TIMEOUT: '100ms' });
    const account = await api.register();
    const { access_token: token } = await api.signIn(account);
    const holder = await holdTransaction(
      `select 1 from users where id = '${account.id}' for update`,
    );
    const change = () =>
      api.send('PATCH', `/v1/users/${account.id}`, { token, body: { last_name: 'Later' } });
    const refused = await change();
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.headers['content-type']).toContain('application/problem+json');
    expect(refused.json()).toMatchObject({ code: 'unavailable', status: 503 });
    await holder.query('rollback');
    expect((await change()).statusCode).toBe(200);
  });

  test('a statement that takes too long: 503 with Retry-After after statement_timeout', async () => {
    const api = await useApi({ DATABASE_STATEMENT_TIMEOUT: '200ms', DATABASE_LOCK_TIMEOUT: '10s' });
    const { key } = await api.createService('users:read');
    const before = await backendPids();
    const holder = await holdTransaction('lock table users in access exclusive mode');
    const refused = await api.send('GET', '/v1/users?limit=1', { token: key });
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.json().code).toBe('unavailable');
    await holder.query('rollback');
    expect((await api.send('GET', '/v1/users?limit=1', { token: key })).statusCode).toBe(200);
    expect(await backendPids()).toEqual(before);
  });

  test('an exhausted pool: 503 with Retry-After after connect_timeout', async () => {
    const api = await useApi({ DATABASE_MAX_OPEN_CONNS: '2', DATABASE_CONNECT_TIMEOUT: '200ms' });
    const { key } = await api.createService('users:read');
    const occupied = [1, 2].map(() => api.sql('select pg_sleep(1.5)'));
    const refused = await api.send('GET', '/v1/users', { token: key });
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.json().code).toBe('unavailable');
    await Promise.all(occupied);
    expect((await api.send('GET', '/v1/users', { token: key })).statusCode).toBe(200);
  });

  test('idle backends that end cause no error for the next caller', async () => {
    const api = await useApi();
    const account = await api.register();
    expect(await endBackends()).toBeGreaterThan(0);
    await eventually(() => expect(api.app.database.stats().total).toBe(0));
    await api.signIn(account);
  });

  test('a backend that ends inside a transaction: 503, nothing stored, and the next request succeeds', async () => {
    const api = await useApi({ DATABASE_LOCK_TIMEOUT: '10s' });
    const account = await api.register();
    const { access_token: token } = await api.signIn(account);
    const holder = await holdTransaction(
      `select 1 from users where id = '${account.id}' for update`,
    );
    const change = () =>
      api.send('PATCH', `/v1/users/${account.id}`, { token, body: { last_name: 'Later' } });
    const pending = change();
    await eventually(async () => expect(await endBackends("wait_event_type = 'Lock'")).toBe(1));
    const refused = await pending;
    expect(refused.statusCode).toBe(503);
    expect(refused.json().code).toBe('unavailable');
    await holder.query('rollback');
    expect((await change()).json()).toMatchObject({ last_name: 'Later', version: 2 });
  });

  test.each([
    ['executed, with its reply lost', true],
    ['not executed', false],
  ])('a COMMIT that was %s is reported as outcome_unknown', async (_, arrives) => {
    const proxy = await startTcpProxy({ targetPort: connection.port });
    onTestFinished(() => proxy.stop());
    const api = await useApi(
      { DATABASE_MAX_OPEN_CONNS: '1', DATABASE_LOCK_TIMEOUT: '10s' },
      { ...connection, port: proxy.port },
    );
    const person = createPerson();
    // A deferred trigger makes COMMIT wait for a lock, so that the connection is cut during COMMIT.
    const gate = 4_711;
    await runStatement(
      connection,
      `create or replace function wait_at_commit() returns trigger language plpgsql as
       $$ begin perform pg_advisory_xact_lock(${gate}); return null; end $$`,
    );
    await runStatement(
      connection,
      `create constraint trigger wait_at_commit after insert on outbox deferrable initially deferred
       for each row execute function wait_at_commit()`,
    );
    onTestFinished(() =>
      runStatement(connection, 'drop function if exists wait_at_commit cascade').then(() => {}),
    );
    const holder = await holdTransaction(`select pg_advisory_xact_lock(${gate})`);
    const pending = api.send('POST', '/v1/users', { body: person });
    await eventually(async () => {
      const waiting = await runStatement(
        connection,
        `select 1 from pg_locks where locktype = 'advisory' and not granted and objid = ${gate}`,
      );
      expect(waiting).toHaveLength(1);
    });
    if (arrives) {
      proxy.cutAfter(0);
      await holder.query('rollback');
    } else {
      proxy.dropAll();
      await endBackends("wait_event_type = 'Lock'");
      await holder.query('rollback');
    }
    const answer = await pending;
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'outcome_unknown', status: 503 });
    const stored = await api.sql('select id from users where email = $1', [person.email]);
    expect(stored).toHaveLength(arrives ? 1 : 0);
    expect((await api.trySignIn(person.email, person.password)).statusCode).toBe(
      arrives ? 201 : 401,
    );
  });

  test('a COMMIT that was never sent gives unavailable: nothing is stored, and a retry succeeds', async () => {
    const proxy = await startTcpProxy({ targetPort: connection.port });
    onTestFinished(() => proxy.stop());
    const api = await useApi({}, { ...connection, port: proxy.port });
    proxy.dropAll();
    proxy.refuse(true);
    const person = createPerson();
    const answer = await api.send('POST', '/v1/users', { body: person });
    expect(answer.json()).toMatchObject({ code: 'unavailable', status: 503 });
    expect(
      await runStatement(connection, `select id from users where email = '${person.email}'`),
    ).toEqual([]);
    proxy.refuse(false);
    expect((await api.send('POST', '/v1/users', { body: person })).statusCode).toBe(201);
  });
});
