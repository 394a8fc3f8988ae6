import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { RelaySettings } from '../../../src/application/outbox/relay-settings.ts';
import { eventually } from '../../support/eventually.ts';
import { createRecordingLogger } from '../../support/logger.ts';
import { startNats } from '../../support/nats-server.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import { startPostgres } from '../../support/postgres-server.ts';
import { startStandby } from '../../support/postgres-standby.ts';
import {
  commitEvents,
  expectEveryEvent,
  lifeOf,
  startRelay,
  waitUntilDrained,
} from '../../support/relay.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { prepareTemplate, templateDatabase } from '../../support/template-database.ts';
import { findStreamFaults } from '../../support/verify-stream.ts';

const DATABASE = 'users';
const FAILED = 'the relay failed and tries again';
const FOREIGN = /messages that the database does not know/;
const ROUNDS = 5;

/** A primary with a standby, and a relay that reaches one of them at a time. */
async function startWorld(more: Partial<RelaySettings> = {}) {
  const primary = await startPostgres();
  onTestFinished(() => primary.stop('immediate'));
  await prepareTemplate(primary);
  const connection = await primary.createDatabase(DATABASE, templateDatabase);
  const standby = await startStandby(primary);
  onTestFinished(standby.stop);
  const proxy = await startTcpProxy({ targetPort: connection.port });
  onTestFinished(() => proxy.stop());
  const database = await connectPostgres({ ...connection, port: proxy.port });
  const nats = await startNats({ jetstream: true });
  onTestFinished(() => nats.stop());
  const logger = createRecordingLogger();
  const settings = { reconcileEveryMs: 20, standbyMs: 50, ...more };
  const { relay } = await startRelay({ database, url: nats.url, logger, settings });
  /** Sessions of the relay with a statement in the last moment. */
  async function recentlyActive(): Promise<number> {
    const [row] = await primary.query(
      `select count(*)::integer as active from pg_stat_activity
       where datname = '${DATABASE}' and pid <> pg_backend_pid()
         and (state <> 'idle' or state_change > clock_timestamp() - interval '200 ms')`,
    );
    return Number(row?.active);
  }
  /** The standby is the primary from now on, without what it did not receive. */
  async function failOver({ unnoticed = false } = {}): Promise<void> {
    if (unnoticed) await eventually(async () => expect(await recentlyActive()).toBe(0));
    await primary.kill();
    const messages = () => logger.lines.map(({ message }) => message);
    if (!unnoticed) await eventually(() => expect(messages()).toContain(FAILED));
    await standby.promote();
    proxy.retarget(standby.connectionOptions.port);
  }
  const drained = () => waitUntilDrained(database, nats.url, 30_000);
  const reports = () => logger.lines.filter(({ message }) => FOREIGN.test(message));
  const faults = () => findStreamFaults(database, nats.url);
  return { database, standby, relay, failOver, drained, reports, faults };
}

test('a standby that lacks commits is promoted: their events are reported once, and what follows is published once and in order', async () => {
  const { database, standby, relay, failOver, drained, reports, faults } = await startWorld();
  const ann = randomUUID();
  const life = lifeOf(ann, 3);
  await commitEvents(database, [...life.slice(0, 2), ...lifeOf(randomUUID(), 4)]);
  const before = await drained();
  await standby.untilCaughtUp();

  await standby.cutOff();
  await commitEvents(database, [...life.slice(2), ...lifeOf(randomUUID(), 4)]);
  const known = new Set(before.map(({ id }) => id));
  const lost = (await drained()).filter(({ id }) => !known.has(id));
  expect(lost).toHaveLength(5);

  await failOver();
  // The same version of the user a second time, with another id, before the relay has looked at the stream.
  await eventually(() => commitEvents(database, life.slice(2)), { timeoutMs: 20_000 });
  await eventually(() => expect(relay.stats().foreign).toBe(lost.length), { timeoutMs: 20_000 });
  for (let round = 0; round < ROUNDS; round += 1) {
    await commitEvents(database, lifeOf(randomUUID(), 2));
    await drained();
  }
  const streamed = await drained();
  const lostIds = new Set(lost.map(({ id }) => id));
  expect(streamed.filter(({ id }) => lostIds.has(id))).toEqual(lost);
  await expectEveryEvent(
    database,
    streamed.filter(({ id }) => !lostIds.has(id)),
  );
  expect(streamed).toHaveLength(before.length + lost.length + 1 + ROUNDS * 2);
  expect(reports().map(({ level, fields }) => [level, fields.count])).toEqual([['error', 5]]);
  // A verification names each of them, and the version that was given twice.
  const found = await faults();
  expect(found.flatMap(({ kind, id }) => (kind === 'unknown' ? [id] : [])).sort()).toEqual(
    [...lostIds].sort(),
  );
  const others = found.filter(({ kind }) => kind !== 'unknown');
  expect(others.map(({ kind, userId }) => [kind, userId])).toEqual([['out_of_order', ann]]);
  expect(relay.stats()).toMatchObject({ foreign: 5, resent: 0, state: 'publishing' });
});

test('a promotion between two statements of the relay is noticed by its next mark, and every lost event is reported', async () => {
  // An idle relay makes no statement until it is notified.
  const idle = { pollMs: 600_000, renewEveryMs: 600_000, leaseTtlMs: 1_200_000 };
  const { database, standby, relay, failOver, reports } = await startWorld(idle);
  const publish = async (count: number) => {
    const { published } = relay.stats();
    await commitEvents(database, lifeOf(randomUUID(), count));
    relay.notify();
    await eventually(() => {
      expect(relay.stats()).toMatchObject({ published: published + count, inFlight: 0 });
    });
  };
  await eventually(() => expect(relay.stats().state).toBe('publishing'), { timeoutMs: 20_000 });
  await publish(4);
  await standby.untilCaughtUp();
  await standby.cutOff();
  await publish(5);

  await failOver({ unnoticed: true });
  await eventually(() => database.query('select 1'), { timeoutMs: 20_000 });
  await publish(1);
  await eventually(() => {
    relay.notify();
    expect(relay.stats().foreign).toBe(5);
  });
  await publish(1);
  expect(reports().map(({ fields }) => fields.count)).toEqual([5]);
  expect(relay.stats()).toMatchObject({ foreign: 5, resent: 0, state: 'publishing' });
});
