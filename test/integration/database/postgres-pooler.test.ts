import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createMigrator,
  loadMigrations,
} from '../../../src/infrastructure/database/migrations/migrator.ts';
import { openPostgresMigrationConnection } from '../../../src/infrastructure/database/postgres/client.ts';
import {
  type Api,
  createApi,
  createPerson,
  goodPassword,
  patientHashing,
} from '../../support/api.ts';
import { createMasterKey, createTestApp, useTestApp } from '../../support/app.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { type PgBouncer, startPgBouncer } from '../../support/pgbouncer.ts';
import { postgresSettings } from '../../support/postgres-database.ts';
import {
  type ConnectionOptions,
  type PostgresServer,
  startPostgres,
} from '../../support/postgres-server.ts';
import { prepareTemplate, templateDatabase } from '../../support/template-database.ts';

/** One master key, since all services of this file share a database. */
const POOLED = {
  DATABASE_PREPARED_STATEMENTS: 'false',
  SECURITY_MASTER_KEY: createMasterKey(),
  ...patientHashing,
};
const TIME_LIMITS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
/** Settings of the role that a server does not have by default. */
const COST_SETTINGS = ['jit = off', 'max_parallel_workers_per_gather = 0'];

describe('PgBouncer in transaction mode', () => {
  let server: PostgresServer;
  let direct: ConnectionOptions;
  let pooler: PgBouncer;

  beforeAll(async () => {
    server = await startPostgres({ settings: { log_statement: 'all' } });
    await prepareTemplate(server);
    await server.createDatabase('pooled', templateDatabase);
    await server.query("create role app login password 'app-password'");
    for (const limit of TIME_LIMITS) await server.query(`alter role app set ${limit} = '5s'`);
    for (const setting of COST_SETTINGS) await server.query(`alter role app set ${setting}`);
    await server.query('alter database pooled owner to app');
    await server.query(
      'grant select, insert, update, delete on all tables in schema public to app',
      'pooled',
    );
    direct = {
      ...server.connectionOptions,
      user: 'app',
      password: 'app-password',
      database: 'pooled',
    };
    // Fewer server connections than clients: code that relies on a session fails.
    pooler = await startPgBouncer({ postgres: direct, settings: { default_pool_size: 2 } });
  });
  afterAll(async () => {
    await pooler?.stop();
    await server?.stop();
  });

  function startThroughPooler(env: Readonly<Record<string, string>> = POOLED) {
    return createTestApp({ database: 'postgres', connection: pooler.connectionOptions, env });
  }

  async function useApi(): Promise<Api> {
    return createApi(
      await useTestApp({ database: 'postgres', connection: pooler.connectionOptions, env: POOLED }),
    );
  }

  test('32 parallel requests with one idempotency key take effect once', async () => {
    const api = await useApi();
    const sent = { body: createPerson(), headers: { 'idempotency-key': randomUUID() } };
    const answers = await Promise.all(
      Array.from({ length: 32 }, () => api.send('POST', '/v1/users', sent)),
    );
    expect(new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1);
    expect(answers[0]?.statusCode).toBe(201);
    expect(await api.eventsOf(answers[0]?.json().id)).toHaveLength(1);
  });

  test('the whole service works through it', async () => {
    const api = await useApi();
    const person = createPerson({ last_name: 'Pooler' });
    const account = await api.register(person);
    expect((await api.send('POST', '/v1/users', { body: person })).statusCode).toBe(409);
    const grant = await api.signIn(account);
    const refreshed = await api.refresh(grant.refresh_token);
    const token = refreshed.access_token;
    const { key } = await api.createService('users:read', 'users:admin');
    const found = await api.send('GET', '/v1/users?q=pooler', { token: key });
    expect(found.json().users).toMatchObject([{ id: account.id }]);
    const listed = await api.send('GET', '/v1/users?limit=1', { token: key });
    expect(listed.json().users).toHaveLength(1);
    const url = `/v1/users/${account.id}`;
    const changed = await api.send('PATCH', url, { token, body: { last_name: 'Pooled' } });
    expect(changed.json()).toMatchObject({ last_name: 'Pooled', version: 2 });
    const profiles = await api.send('POST', '/v1/public-profiles', {
      token,
      body: { ids: [account.id] },
    });
    expect(profiles.json().profiles).toMatchObject([{ last_name: 'Pooled' }]);
    const password = await api.send('PUT', `${url}/password`, {
      token,
      body: { current_password: goodPassword, new_password: `${goodPassword} twice` },
    });
    expect(password.statusCode, password.body).toBe(200);
    const fresh = { token: password.json().access_token };
    expect((await api.send('GET', '/v1/sessions', fresh)).statusCode).toBe(200);
    expect((await api.send('DELETE', url, { token: key })).statusCode).toBe(204);
    expect((await api.send('GET', url, { token: key })).statusCode).toBe(404);
    expect((await api.eventsOf(account.id)).at(-1)?.type).toBe('user.deleted');
  });

  test('parallel callers share few server connections without errors', async () => {
    const api = await useApi();
    const people = Array.from({ length: 40 }, () => createPerson());
    const answers = await Promise.all(
      people.map((body) => api.send('POST', '/v1/users', { body })),
    );
    expect(answers.map((answer) => answer.statusCode)).toEqual(Array(40).fill(201));
    const [{ count } = { count: '' }] = await api.sql<{ count: string }>(
      'select count(distinct user_id) as count from outbox where user_id = any($1)',
      [answers.map((answer) => answer.json().id)],
    );
    expect(count).toBe('40');
    const backends = await server.query(
      "select count(*)::integer as count from pg_stat_activity where usename = 'app'",
    );
    expect(backends[0]?.count).toBeLessThanOrEqual(2);
  });

  test('no statement has a name, on any connection', async () => {
    const api = await useApi();
    const before = server.log().length;
    await api.signIn(await api.register());
    expect(await api.sql('select name from pg_prepared_statements')).toEqual([]);
    const executed =
      server
        .log()
        .slice(before)
        .match(/execute [^:]+:/g) ?? [];
    expect(executed.length).toBeGreaterThan(5);
    expect(new Set(executed)).toEqual(new Set(['execute <unnamed>:']));
  });

  test('sends no start-up setting, which it would reject', async () => {
    const { http } = await useTestApp({
      database: 'postgres',
      connection: pooler.connectionOptions,
      env: POOLED,
    });
    expect((await http.inject('/health/ready')).statusCode).toBe(200);
    expect(pooler.log()).not.toContain('unsupported startup parameter');
    const start = startThroughPooler({ ...POOLED, DATABASE_PREPARED_STATEMENTS: 'true' });
    await expect(start).rejects.toThrow(/startup parameter.*database\.prepared_statements/);
  });

  test.each(TIME_LIMITS)(
    'a role without %s is rejected with the command that sets it',
    async (limit) => {
      const role = `no_${limit.slice(0, 20)}`;
      await server.query(`create role ${role} login password 'app-password' in role app`);
      for (const setting of COST_SETTINGS) await server.query(`alter role ${role} set ${setting}`);
      for (const set of TIME_LIMITS) {
        if (set !== limit) await server.query(`alter role ${role} set ${set} = '5s'`);
      }
      const own = await startPgBouncer({ postgres: { ...direct, user: role } });
      const start = createTestApp({
        database: 'postgres',
        connection: own.connectionOptions,
        env: POOLED,
      });
      await expect(start).rejects.toThrow(
        new RegExp(`Run.*: ALTER ROLE "${role}" SET ${limit} = '\\d+ms';$`),
      );
      await own.stop();
    },
  );

  test('a killed pooler makes requests unavailable with a retry', async () => {
    const own = await startPgBouncer({ postgres: direct });
    const api = createApi(
      await useTestApp({ database: 'postgres', connection: own.connectionOptions, env: POOLED }),
    );
    await api.register();
    await own.kill();
    const refused = await api.send('POST', '/v1/users', { body: createPerson() });
    expect(refused.statusCode).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.json().code).toBe('unavailable');
  });

  test('migrate through it is rejected with the remedy, even without other clients', async () => {
    const session = await openPostgresMigrationConnection(
      postgresSettings(pooler.connectionOptions),
      createSilentLogger(),
    );
    const migrator = createMigrator({
      connection: session,
      migrations: await loadMigrations(),
      log: () => {},
    });
    await expect(migrator.up()).rejects.toThrow(
      /pooler in transaction mode.*DATABASE_HOST and DATABASE_PORT to the server itself/,
    );
    await session.close();
    const locks = await server.query("select pid from pg_locks where locktype = 'advisory'");
    expect(locks).toEqual([]);
  });
});
