import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type Api, createApi, patientHashing } from '../../support/api.ts';
import { createMasterKey, useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/** Set `FAULT_ROUNDS=10` for a long run. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? '1');
const OUTAGE_MS = 2_500;
const CALM_MS = 500;
/** Allows for the cache deadlines of one request, the database, and pauses of a busy machine. */
const BOUND_MS = 2_000;

const outages: Record<string, (server: RedisServer) => Promise<void>> = {
  async killed(server) {
    await server.kill();
    await sleep(OUTAGE_MS);
    await server.start();
  },
  async frozen(server) {
    server.freeze();
    await sleep(OUTAGE_MS);
    server.thaw();
  },
  async flushed(server) {
    await server.command('FLUSHALL');
  },
};

/** Starts two instances of the service on one database and one Redis. */
async function useInstances(server: RedisServer): Promise<readonly [Api, Api]> {
  const connection = (await createTestDatabase()).connectionOptions;
  const env = {
    ...patientHashing,
    SECURITY_MASTER_KEY: createMasterKey(),
    REDIS_HOST: server.host,
    REDIS_PORT: String(server.port),
  };
  const [here, there] = [
    await useTestApp({ hashing: 'configured', database: 'postgres', connection, env }),
    await useTestApp({ hashing: 'configured', database: 'postgres', connection, env }),
  ];
  await here.listen();
  await there.listen();
  return [createApi(here), createApi(there)];
}

interface Person {
  readonly id: string;
  readonly token: string;
  /** The version of the last acknowledged write. */
  version: number;
}

/** A signed-in user reads and writes their record through both instances while `isRunning`. @returns all violations. */
async function useService(
  instances: readonly [Api, Api],
  person: Person,
  isRunning: () => boolean,
) {
  const violations: string[] = [];
  const { id, token } = person;
  for (let turn = 0; isRunning(); turn += 1) {
    const api = instances[turn % 2 === 0 ? 0 : 1];
    const startedAt = performance.now();
    const isWrite = turn % 5 === 0;
    const response = isWrite
      ? await api.send('PATCH', `/v1/users/${id}`, { token, body: { last_name: `Name ${turn}` } })
      : await api.send('GET', `/v1/users/${id}`, { token });
    const durationMs = performance.now() - startedAt;
    const version: number = response.statusCode === 200 ? response.json().version : 0;
    if (response.statusCode !== 200) violations.push(`${response.statusCode} ${response.body}`);
    else if (version < person.version) {
      violations.push(`version ${version} after ${person.version}`);
    }
    if (durationMs > BOUND_MS) violations.push(`${Math.round(durationMs)} ms`);
    if (isWrite) person.version = Math.max(person.version, version);
    await sleep(2);
  }
  return violations;
}

for (const [name, disturb] of Object.entries(outages)) {
  test(`Redis ${name} under the service: no error, no sign-out, no late and no stale response`, async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const instances = await useInstances(server);
    const people = await Promise.all(
      Array.from({ length: 8 }, async (): Promise<Person> => {
        const account = await instances[0].register();
        const grant = await instances[0].signIn(account);
        return { id: account.id, token: grant.access_token, version: 1 };
      }),
    );
    let ended = false;
    const running = people.map((person) => useService(instances, person, () => !ended));
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(CALM_MS);
      await disturb(server);
      await sleep(OUTAGE_MS);
    }
    // The requests go on meanwhile: each of them may be the first that fills the cache again.
    await eventually(
      async () => {
        const keys = Number(await server.command('DBSIZE'));
        expect(keys, 'users are cached again').toBeGreaterThan(0);
      },
      { timeoutMs: 20_000 },
    ).finally(() => {
      ended = true;
    });
    expect((await Promise.all(running)).flat()).toEqual([]);
  });
}
