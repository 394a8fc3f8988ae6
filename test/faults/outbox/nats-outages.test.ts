import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { parseDuration } from '../../../src/config/duration.ts';
import type { Database } from '../../../src/infrastructure/database/sql.ts';
import { createMasterKey, postgresEnvironment } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { type NatsServer, startNats } from '../../support/nats-server.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { cheapHashing, type Service, startRealService } from '../support.ts';
import { expectWholeHistory } from './history.ts';
import { type Lives, startLives } from './lives.ts';

/** `FAULT_ROUNDS=10` is the long form. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? '1');
/** `FAULTS_AWAY=10m` is the long form. */
const AWAY_MS = parseDuration(process.env.FAULTS_AWAY ?? '10s') ?? 0;
if (AWAY_MS === 0) throw new Error('FAULTS_AWAY is a duration such as 10m');
/** Longer than the timeout of an acknowledgement; in the long form also longer than a silent connection stays open. */
const FROZEN_MS = Math.min(60_000, 0.4 * AWAY_MS);
const LATE_MS = 2_000;
/** Much shorter than the outage: the broker alone would store earlier events a second time. */
const DUPLICATE_WINDOW = '5s';
/** Health follows the next attempt to connect. */
const HEALTH_TIMEOUT_MS = 30_000;

async function useWorld() {
  const { connectionOptions } = await createTestDatabase();
  const database = await connectPostgres(connectionOptions);
  const nats = await startNats({ jetstream: true });
  onTestFinished(() => nats.stop());
  const startService = (servers = nats.url) =>
    startRealService({
      ...postgresEnvironment(connectionOptions),
      ...cheapHashing,
      SECURITY_MASTER_KEY: createMasterKey(),
      NATS_SERVERS: servers,
      NATS_DUPLICATE_WINDOW: DUPLICATE_WINDOW,
    });
  return { database, nats, startService };
}

function startLoad(service: Service): Lives {
  const target = { call: service.call, killed: false };
  return startLives({ pick: () => target, atOnce: 4, pauseMs: 20 });
}

async function expectHealth(service: Service, status: 'ok' | 'degraded'): Promise<void> {
  const messaging = { status: status === 'ok' ? 'ok' : 'down' };
  expect(await service.call('GET', '/health')).toMatchObject({
    status: 200,
    body: { status, checks: { database: { status: 'ok' }, messaging } },
  });
  expect((await service.call('GET', '/health/ready')).status).toBe(200);
}

function untilHealth(service: Service, status: 'ok' | 'degraded'): Promise<void> {
  return eventually(() => expectHealth(service, status), {
    timeoutMs: HEALTH_TIMEOUT_MS,
    intervalMs: 100,
    what: `health ${status}`,
  });
}

/** Expects degraded health, and no failed request, for the time of an outage. */
async function expectDegraded(service: Service, lives: Lives, outageMs: number): Promise<void> {
  const endsAt = performance.now() + outageMs;
  await untilHealth(service, 'degraded');
  const answers = lives.answers();
  while (performance.now() < endsAt) {
    await expectHealth(service, 'degraded');
    expect(lives.unexpected).toEqual([]);
    await sleep(250);
  }
  expect(lives.answers()).toBeGreaterThan(answers);
}

async function countWaiting(database: Database): Promise<number> {
  const { rows } = await database.query<{ waiting: number }>(
    'select count(*)::int as waiting from outbox where published_at is null',
  );
  return rows[0]?.waiting ?? 0;
}

/** Waits for four more lives. */
async function untilMore(lives: Lives): Promise<void> {
  const goal = lives.people.length + 4;
  await eventually(() => expect(lives.people.length).toBeGreaterThanOrEqual(goal), {
    timeoutMs: 60_000,
    what: 'more lives',
  });
}

/** @returns a summary for the report. */
async function expectNothingLost(
  world: { readonly database: Database; readonly nats: NatsServer },
  service: Service,
  lives: Lives,
): Promise<string> {
  await untilHealth(service, 'ok');
  await untilMore(lives);
  await lives.stop();
  expect(lives.unexpected).toEqual([]);
  const figures = await expectWholeHistory(world.database, world.nats.url, lives);
  expect(service.process.hasExited()).toBe(false);
  return `${lives.answers()} answers, no failure; ${JSON.stringify(figures)}`;
}

test('NATS down at the start of the service: the API works, and every event is published once NATS is up', async ({
  annotate,
}) => {
  const world = await useWorld();
  await world.nats.kill();
  const service = await world.startService();
  const lives = startLoad(service);
  await expectDegraded(service, lives, LATE_MS);
  expect(await countWaiting(world.database)).toBeGreaterThan(0);
  await world.nats.start();
  await annotate(await expectNothingLost(world, service, lives));
});

test(`NATS killed under load ${ROUNDS} times and restarted at once: no request fails, and every event is published once and in order`, async ({
  annotate,
}) => {
  const world = await useWorld();
  const service = await world.startService();
  const lives = startLoad(service);
  for (let round = 0; round < ROUNDS; round += 1) {
    await untilHealth(service, 'ok');
    await untilMore(lives);
    await world.nats.kill();
    await world.nats.start();
  }
  await annotate(await expectNothingLost(world, service, lives));
}, 300_000);

test(`NATS frozen under load for ${FROZEN_MS / 1_000} s: no request fails, and every event is published once and in order`, async ({
  annotate,
}) => {
  const world = await useWorld();
  const service = await world.startService();
  await untilHealth(service, 'ok');
  const lives = startLoad(service);
  await untilMore(lives);
  world.nats.freeze();
  await expectDegraded(service, lives, FROZEN_MS);
  world.nats.thaw();
  await annotate(await expectNothingLost(world, service, lives));
}, 240_000);

test(
  `NATS unreachable under load for ${AWAY_MS / 1_000} s, with a duplicate window of ${DUPLICATE_WINDOW}: no request fails, and every event is published once and in order`,
  async ({ annotate }) => {
    const world = await useWorld();
    const proxy = await startTcpProxy({ targetPort: world.nats.port });
    onTestFinished(() => proxy.stop());
    const service = await world.startService(`nats://127.0.0.1:${proxy.port}`);
    await untilHealth(service, 'ok');
    const lives = startLoad(service);
    await untilMore(lives);
    // NATS stores the last events, and its acknowledgements are lost.
    proxy.refuse(true);
    proxy.cutAfter(0);
    await eventually(() => expect(proxy.connections()).toBe(0), { what: 'a cut connection' });
    await world.nats.kill();
    await expectDegraded(service, lives, AWAY_MS);
    const waiting = await countWaiting(world.database);
    expect(waiting).toBeGreaterThan(0);
    await world.nats.start();
    proxy.refuse(false);
    const compared = await expectNothingLost(world, service, lives);
    await annotate(`${waiting} events waited; ${compared}`);
  },
  AWAY_MS + 300_000,
);
