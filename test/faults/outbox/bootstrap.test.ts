import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { createApi, patientHashing } from '../../support/api.ts';
import { createMasterKey, postgresEnvironment, useTestApp } from '../../support/app.ts';
import { findFreePort } from '../../support/free-port.ts';
import { startNats } from '../../support/nats-server.ts';
import type { ConnectionOptions } from '../../support/postgres-server.ts';
import { findServerBinary } from '../../support/server-binaries.ts';
import { runProgram } from '../../support/service-process.ts';
import { runStatement } from '../../support/superuser.ts';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import {
  createFollowerDirectory,
  expectSameUsers,
  type FollowedService,
  type Follower,
  type FollowerProgram,
  startFollower,
} from '../../support/users-table.ts';
import { cheapHashing, type Service, startRealService } from '../support.ts';
import { createRandom, populate, type Storm, startStorm } from './storm.ts';

/** `FAULT_ROUNDS=10` is the long form: so often each disturbance takes place. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? '1');
/** Repeats the decisions of an earlier run, as far as they do not depend on the machine. */
const SEED = Number(process.env.FAULTS_SEED ?? Math.floor(Math.random() * 1e9));
/** Several pages of an export. */
const USERS = 3_000;
const LONGEST_PAUSE_MS = 600;
/** After the last disturbance, so that each program follows a storm again: one that only catches up reads final values. */
const FOLLOWED_MS = 2_500;
/** Deadline, not expectation: the machine may be busy. */
const SAME_WITHIN_MS = 60_000;
const TEST_TIMEOUT_MS = 1_200_000;
/** With values some changes are applied without a read, so that an old event could take its values into the table. */
const SETTINGS = {
  REGISTRATION_VERIFICATION_MAIL: 'false',
  EVENTS_INCLUDE: 'email,first_name,last_name',
} as const;
const SCOPES = ['users:admin', 'users:write', 'users:read', 'events:read'] as const;

type Disturbance = readonly [name: string, run: () => Promise<void>];

/** Runs every disturbance `ROUNDS` times, in a random order and with random pauses. */
async function disturb(
  disturbances: readonly Disturbance[],
  random: () => number,
): Promise<string[]> {
  const order = Array.from({ length: ROUNDS }, () => disturbances)
    .flat()
    .map((disturbance) => ({ disturbance, place: random() }))
    .sort((one, other) => one.place - other.place);
  for (const { disturbance } of order) {
    await sleep(random() * LONGEST_PAUSE_MS);
    await disturbance[1]();
  }
  await sleep(FOLLOWED_MS);
  return order.map(({ disturbance }) => disturbance[0]);
}

/** Kills a program, or lets it begin with an empty table, which takes an export during the storm. */
function disturbancesOf(followers: readonly Follower[]): Disturbance[] {
  return followers.flatMap((follower): Disturbance[] => [
    [`kill ${follower.program}`, () => follower.kill()],
    [`empty ${follower.program}`, () => forget(follower)],
  ]);
}

async function forget(follower: Follower): Promise<void> {
  await follower.pause();
  await runStatement(
    follower.table,
    'drop table if exists user_service_mirrors, feed, users, loaded_users',
  );
  follower.resume();
}

function startFollowers(
  programs: readonly FollowerProgram[],
  service: FollowedService,
): Promise<Follower[]> {
  const directory = createFollowerDirectory();
  return Promise.all(programs.map((program) => startFollower(program, service, directory)));
}

async function expectAllSame(
  followers: readonly Follower[],
  query: (sql: string) => Promise<unknown[]>,
): Promise<void> {
  for (const follower of followers) await expectSameUsers(follower, query, SAME_WITHIN_MS);
}

async function report(
  annotate: TestContext['annotate'],
  storm: Storm,
  followers: readonly Follower[],
  order: readonly string[] = [],
): Promise<void> {
  const starts = followers.map(({ program, starts: count }) => `${program} ${count()}`);
  await annotate(
    `seed ${SEED}; ${JSON.stringify(storm.counts)}; starts: ${starts.join(', ')}; ${order.join(', ')}`,
  );
  expect(storm.counts['500']).toBeUndefined();
  expect(storm.counts['200'] ?? 0).toBeGreaterThan(10);
}

test(
  `embedded: tables are those of the service after an export and the feed, however their programs end (seed ${SEED})`,
  async ({ annotate }) => {
    const random = createRandom(SEED);
    const app = await useTestApp({
      hashing: 'configured',
      database: 'embedded',
      env: { ...patientHashing, ...cheapHashing, ...SETTINGS },
    });
    const { url } = await app.listen();
    const { key } = await createApi(app).createService(...SCOPES);
    const query = async (sql: string) => (await app.database.query(sql)).rows;
    const ids = await populate(query, USERS);
    const storm = startStorm({ url: () => url, key, query }, ids, random);
    const followers = await startFollowers(
      ['mirror-http.mjs', 'follow-stream.mjs', 'follow-in-parallel.mjs'],
      { url, key },
    );
    const order = await disturb(
      [...disturbancesOf(followers), ['burst', storm.burst], ['burst', storm.burst]],
      random,
    );
    await storm.stop();
    await expectAllSame(followers, query);
    await report(annotate, storm, followers, order);
  },
  TEST_TIMEOUT_MS,
);

/** A service on PostgreSQL, at the same address after each kill. */
async function startKillable(
  given: ConnectionOptions,
  added: Readonly<Record<string, string>> = {},
) {
  let connection = given;
  let query = await connectTo(connection);
  const port = await findFreePort();
  const base = {
    ...{ ...cheapHashing, SECURITY_MASTER_KEY: createMasterKey(), SERVER_PORT: String(port) },
    ...{ SERVER_PUBLIC_URL: 'http://service.test', ...SETTINGS },
    ...added,
  };
  const environment = () => ({ ...base, ...postgresEnvironment(connection) });
  let service: Service = await startRealService(environment());
  return {
    url: service.url,
    key: await createKey(environment()),
    kill: async () => void (await service.process.kill()),
    /** @param restored the database that the service finds from now on */
    async start(restored = connection) {
      if (restored !== connection) query = await connectTo(restored);
      connection = restored;
      service = await startRealService(environment());
    },
    query: (sql: string) => query(sql),
  };
}

/** Statements on one connection, which closes after the test. */
async function connectTo(connection: ConnectionOptions) {
  const client = new Client({ ...connection });
  client.on('error', () => {});
  await client.connect();
  onTestFinished(() => client.end());
  return async (sql: string) => (await client.query<Record<string, unknown>>(sql)).rows;
}

async function createKey(env: Readonly<Record<string, string>>): Promise<string> {
  const directory = createTemporaryDirectory('key');
  onTestFinished(() => directory.remove());
  const made = await runProgram(['service-accounts', 'create', 'followers', '--scope', ...SCOPES], {
    cwd: directory.path,
    env,
  });
  const { code } = await made.exited;
  expect(code, made.output()).toBe(0);
  return made.stdout().trim();
}

test(
  `PostgreSQL and JetStream: the same with long transactions, and kills of the service (seed ${SEED})`,
  async ({ annotate }) => {
    const random = createRandom(SEED);
    const { connectionOptions: connection } = await createTestDatabase();
    const nats = await startNats({ jetstream: true });
    onTestFinished(() => nats.stop());
    const service = await startKillable(connection, { NATS_SERVERS: nats.url });
    const { url, key, query } = service;
    const ids = await populate(query, USERS);
    const storm = startStorm({ url: () => url, key, query, connection }, ids, random);
    const followers = await startFollowers(
      ['mirror-http.mjs', 'mirror-jetstream.mjs', 'follow-stream.mjs', 'follow-in-parallel.mjs'],
      { url, key, natsUrl: nats.url },
    );
    const kill: Disturbance = [
      'kill the service',
      async () => {
        await service.kill();
        await service.start();
      },
    ];
    const order = await disturb(
      [...disturbancesOf(followers), kill, ['burst', storm.burst]],
      random,
    );
    await storm.stop();
    await expectAllSame(followers, query);
    await report(annotate, storm, followers, order);
  },
  TEST_TIMEOUT_MS,
);

test(
  `JetStream restored from an older copy, and lost: tables are those of the service (seed ${SEED})`,
  async ({ annotate }) => {
    const random = createRandom(SEED);
    const { connectionOptions: connection } = await createTestDatabase();
    const nats = await startNats({ jetstream: true });
    onTestFinished(() => nats.stop());
    const { url, key, query } = await startKillable(connection, { NATS_SERVERS: nats.url });
    const ids = await populate(query, USERS);
    const storm = startStorm({ url: () => url, key, query, connection }, ids, random);
    const followers = await startFollowers(['mirror-jetstream.mjs'], {
      url,
      key,
      natsUrl: nats.url,
    });
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(random() * LONGEST_PAUSE_MS);
      const older = await nats.saveStore();
      await sleep(LONGEST_PAUSE_MS + random() * LONGEST_PAUSE_MS);
      await nats.replaceStore(older);
      await sleep(random() * LONGEST_PAUSE_MS);
      if (round % 2 === 0) await expectSameAfterPause(storm, followers, query);
      await nats.replaceStore();
    }
    await storm.stop();
    await expectAllSame(followers, query);
    await report(annotate, storm, followers);
  },
  TEST_TIMEOUT_MS,
);

/** The events of a user that never changes again must not hide behind later ones: nothing else is written. */
async function expectSameAfterPause(
  storm: Storm,
  followers: readonly Follower[],
  query: (sql: string) => Promise<unknown[]>,
): Promise<void> {
  await storm.pause();
  await expectAllSame(followers, query);
  storm.resume();
}

const run = promisify(execFile);

function postgresTool(name: string, connection: ConnectionOptions, ...args: readonly string[]) {
  const { host, port, user, password, database } = connection;
  const target = ['-h', host, '-p', String(port), '-U', user, '-d', database, ...args];
  const env = { PATH: process.env.PATH, PGPASSWORD: password };
  return run(findServerBinary(name), target, { env });
}

test(
  `PostgreSQL restored from an older dump: tables begin again, and are those of the service (seed ${SEED})`,
  async ({ annotate }) => {
    const random = createRandom(SEED);
    const directory = createTemporaryDirectory('dump');
    onTestFinished(() => directory.remove());
    const { connectionOptions: first } = await createTestDatabase();
    const service = await startKillable(first);
    const { url, key, query } = service;
    let connection = first;
    let ids = await populate(query, USERS);
    const followers = await startFollowers(
      ['mirror-http.mjs', 'follow-stream.mjs', 'follow-in-parallel.mjs'],
      { url, key },
    );
    let storm = startStorm({ url: () => url, key, query, connection }, ids, random);
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(random() * LONGEST_PAUSE_MS);
      const file = join(directory.path, `dump-${round}.sql`);
      await postgresTool('pg_dump', connection, '-f', file);
      await sleep(LONGEST_PAUSE_MS);
      await storm.stop();
      await expectAllSame(followers, query);
      // One of them is away until the restored database has given the numbers of its position to other events.
      const [away, ...present] = followers;
      await away?.pause();
      await service.kill();
      connection = (await createTestDatabase({ template: 'template0' })).connectionOptions;
      await postgresTool('psql', connection, '-q', '-v', 'ON_ERROR_STOP=1', '-f', file);
      await service.start(connection);
      ids = (await query('select id from users')).map(({ id }) => String(id));
      storm = startStorm({ url: () => url, key, query, connection }, ids, random);
      await storm.burst();
      await sleep(LONGEST_PAUSE_MS);
      away?.resume();
      await sleep(random() * LONGEST_PAUSE_MS);
      if (round + 1 < ROUNDS) continue;
      await storm.stop();
      await expectAllSame([...present, ...followers.slice(0, 1)], query);
    }
    await report(annotate, storm, followers);
  },
  TEST_TIMEOUT_MS,
);
