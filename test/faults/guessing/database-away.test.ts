import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { type Api, createApi } from '../../support/api.ts';
import { useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { type ConnectionOptions, startPostgres } from '../../support/postgres-server.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { limited } from './support.ts';

/** Holds a lock on all sessions: a sign-in gets as far as its session, and waits there. */
async function holdSessions(connection: ConnectionOptions): Promise<{ end(): Promise<void> }> {
  const client = new pg.Client(connection);
  // The server may be killed under it.
  client.on('error', () => undefined);
  await client.connect();
  await client.query('begin');
  await client.query('lock table sessions in access exclusive mode');
  return { end: () => client.end() };
}

const failuresIn = async (api: Api) =>
  (await api.sql<{ failures: number }>('select failures from sign_in_failures')).map(
    ({ failures }) => failures,
  );

test('a right password that gets no session brings its owner no nearer to a wait', async () => {
  const { connectionOptions: connection } = await createTestDatabase();
  const app = await useTestApp({
    hashing: 'configured',
    ...{ database: 'postgres', connection },
    env: { ...limited, DATABASE_LOCK_TIMEOUT: '100ms' },
  });
  const api = createApi(app);
  const { email, password } = await api.register();
  expect((await api.trySignIn(email, 'a wrong guess at it')).statusCode).toBe(401);
  const lock = await holdSessions(connection);
  for (let count = 0; count < 6; count += 1) {
    const refused = await api.trySignIn(email, password);
    expect([refused.statusCode, refused.json().code]).toEqual([503, 'unavailable']);
  }
  expect(await failuresIn(api)).toEqual([1]);
  await lock.end();
  expect((await api.trySignIn(email, password)).statusCode).toBe(201);
  expect(await failuresIn(api)).toEqual([]);
});

test('PostgreSQL killed between the count and the session: the attempt counts once, and the owner signs in after', async () => {
  const server = await startPostgres({ durable: true });
  onTestFinished(() => server.stop());
  const connection = await server.createDatabase('guessed');
  const app = await useTestApp({
    hashing: 'configured',
    database: 'postgres',
    connection,
    env: limited,
  });
  const api = createApi(app);
  const { email, password } = await api.register();
  for (let kill = 1; kill <= 2; kill += 1) {
    const lock = await holdSessions(connection);
    const attempt = api.trySignIn(email, password);
    await eventually(async () => {
      const waiting = await server.query(
        `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = 'guessed'`,
      );
      expect(waiting).toHaveLength(1);
    });
    await server.kill();
    const refused = await attempt;
    expect(refused.statusCode, refused.body).toBe(503);
    await lock.end().catch(() => undefined);
    await server.start();
    await eventually(async () => expect(await failuresIn(api)).toEqual([kill]));
  }
  expect((await api.trySignIn(email, password)).statusCode).toBe(201);
  expect(await failuresIn(api)).toEqual([]);
});
