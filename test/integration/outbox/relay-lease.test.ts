import { randomUUID } from 'node:crypto';
import { jetstreamManager, RetentionPolicy } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LeaseLost } from '../../../src/domain/outbox/outbox-queue.ts';
import {
  createPostgresDeadEvents,
  createPostgresOutboxAdministration,
  createPostgresOutboxQueue,
} from '../../../src/infrastructure/database/postgres/outbox-queue.ts';
import type { Database } from '../../../src/infrastructure/database/sql.ts';
import { eventually } from '../../support/eventually.ts';
import { createRecordingLogger } from '../../support/logger.ts';
import { type NatsServer, startNats } from '../../support/nats-server.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import {
  commitEvents,
  commitLives,
  expectEveryEvent,
  lifeOf,
  startRelay,
  waitUntilDrained,
} from '../../support/relay.ts';
import { createTestDatabase } from '../../support/test-database.ts';

let nats: NatsServer;
let database: Database;

beforeAll(async () => {
  nats = await startNats({ jetstream: true });
});
afterAll(() => nats.stop());
beforeEach(async () => {
  await nats.replaceStore();
  database = await connectPostgres((await createTestDatabase()).connectionOptions);
});

describe('two relays', () => {
  test('follow each other: one publishes, and the other takes over within 5 s after it died', async () => {
    const queue = createPostgresOutboxQueue(database);
    // A killed relay still holds its lease.
    expect(await queue.acquireLease('killed', 4_000)).not.toBeNull();
    await commitLives(database, 10, 2);
    const { relay } = await startRelay({ database, url: nats.url });
    await eventually(() => expect(relay.stats().state).toBe('standby'));
    await eventually(() => expect(relay.stats().state).toBe('publishing'), { timeoutMs: 5_000 });
    await expectEveryEvent(database, await waitUntilDrained(database, nats.url));
  });

  test('hand over at once when one is stopped', async () => {
    const first = await startRelay({ database, url: nats.url, settings: { leaseTtlMs: 60_000 } });
    await eventually(() => expect(first.relay.stats().state).toBe('publishing'));
    const second = await startRelay({ database, url: nats.url, settings: { leaseTtlMs: 60_000 } });
    await commitLives(database, 100, 3);
    await first.stop();
    await eventually(() => expect(second.relay.stats().state).toBe('publishing'));
    await expectEveryEvent(database, await waitUntilDrained(database, nats.url));
  });

  test('cannot both mark: a relay with a lost lease changes nothing', async () => {
    const queue = createPostgresOutboxQueue(database);
    await commitLives(database, 2, 1);
    const stale = await queue.acquireLease('first', 0);
    const current = await eventually(async () => {
      const acquired = await queue.acquireLease('second', 60_000);
      if (acquired === null) throw new Error('not expired yet');
      return acquired.lease;
    });
    if (stale === null) throw new Error('the first lease was not acquired');
    expect(current.epoch).toBeGreaterThan(stale.lease.epoch);
    const [event] = (await queue.claim(new Map(), 10, null)).events;
    const id = event?.id ?? '';
    const stream = { name: 'USERS', created: 'then', sequence: 1 };
    const failure = { id, reason: 'none', delayMs: 0, deadLetter: true };
    await expect(queue.markPublished(stale.lease, [{ id, sequence: 1 }], 0)).rejects.toThrow(
      LeaseLost,
    );
    await expect(queue.markFailed(stale.lease, failure)).rejects.toThrow(LeaseLost);
    await expect(queue.resetPublished(stale.lease, -1, 10)).rejects.toThrow(LeaseLost);
    await expect(queue.recordStream(stale.lease, stream)).rejects.toThrow(LeaseLost);
    expect(await queue.renewLease('first', stale.lease, 1_000)).toBe(false);
    expect((await queue.claim(new Map(), 10, null)).events).toHaveLength(2);
    await queue.recordStream(current, stream);
    expect(await queue.markPublished(current, [{ id, sequence: 1 }], 1)).toBe(1);
    expect((await queue.claim(new Map(), 10, null)).events).toHaveLength(1);
  });

  test('leaves a recorded sequence alone that is below the known one', async () => {
    const queue = createPostgresOutboxQueue(database);
    await commitLives(database, 3, 1);
    const acquired = await queue.acquireLease('first', 60_000);
    if (acquired === null) throw new Error('the lease was not acquired');
    const { lease } = acquired;
    await queue.recordStream(lease, { name: 'USERS', created: 'then', sequence: 5 });
    const [one, two, three] = (await queue.claim(new Map(), 10, null)).events.map(({ id }) => id);
    const mark = (id: string | undefined, sequence: number, known: number) =>
      queue.markPublished(lease, [{ id: id ?? '', sequence }], known);
    expect(await mark(one, 6, 5)).toBe(6);
    expect(await mark(two, 11, 10)).toBe(6);
    expect((await queue.findStream())?.sequence).toBe(6);
    expect(await mark(three, 12, 6)).toBe(12);
    expect(await queue.markPublished(lease, [], 0)).toBeNull();
    expect((await queue.claim(new Map(), 10, null)).events).toEqual([]);
  });
});

describe('a refused event', () => {
  /** Grows an event beyond the size that the server accepts. @returns the id of the event. */
  async function makeHuge(userId: string): Promise<string> {
    const { rows } = await database.query<{ id: string }>(
      `update outbox set data = jsonb_build_object('status', repeat('x', 2000000))
       where user_id = $1 and user_version = 1 returning id`,
      [userId],
    );
    return rows[0]?.id ?? '';
  }

  test('becomes a dead letter after its attempts, and only its user waits, until it is repaired and requeued', async () => {
    const [userId = ''] = await commitLives(database, 1, 3);
    const id = await makeHuge(userId);
    await startRelay({
      database,
      url: nats.url,
      settings: { maxAttempts: 3, backOffMs: 10, pollMs: 20 },
    });
    const administration = createPostgresOutboxAdministration(database);
    const deadEvents = createPostgresDeadEvents(database);
    const [dead] = await eventually(async () => {
      const list = await deadEvents.list(10);
      expect(list).toHaveLength(1);
      return list;
    });
    expect(dead).toMatchObject({ id, userId, attempts: 3, waitingBehind: 2 });
    expect(dead?.lastError).toContain('larger than');
    const others = await commitLives(database, 20, 3);
    await eventually(async () =>
      expect(await administration.findBacklog()).toMatchObject({ waiting: 3, deadLetters: 1 }),
    );
    await database.query(`update outbox set data = '{"status":"active"}' where id = $1`, [id]);
    expect(await deadEvents.requeue(randomUUID())).toBe(0);
    expect(await deadEvents.requeue(id)).toBe(1);
    const streamed = await waitUntilDrained(database, nats.url);
    expect(streamed).toHaveLength(3 * (others.length + 1));
    await expectEveryEvent(database, streamed);
  });

  test('no longer holds back later events of its user once it is dropped', async () => {
    const [userId = ''] = await commitLives(database, 1, 3);
    const id = await makeHuge(userId);
    await startRelay({ database, url: nats.url, settings: { maxAttempts: 1, pollMs: 20 } });
    const deadEvents = createPostgresDeadEvents(database);
    expect(await deadEvents.drop(id)).toBe(false);
    await eventually(async () => expect(await deadEvents.drop(id)).toBe(true));
    const streamed = await waitUntilDrained(database, nats.url);
    expect(streamed.map(({ event }) => event.userVersion)).toEqual([2, 3]);
  });
});

describe('the stream', () => {
  async function withManager<T>(
    work: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<T>,
  ): Promise<T> {
    const connection = await connect({ servers: nats.url });
    try {
      return await work(await jetstreamManager(connection));
    } finally {
      await connection.close();
    }
  }

  test('is updated when the configuration changes', async () => {
    const first = await startRelay({ database, url: nats.url });
    await eventually(() => expect(first.relay.stats().state).toBe('publishing'));
    await first.stop();
    const { relay } = await startRelay({
      database,
      url: nats.url,
      stream: { maxAgeMs: 86_400_000 },
    });
    await eventually(() => expect(relay.stats().state).toBe('publishing'));
    const { config } = await withManager((manager) => manager.streams.info('USERS'));
    expect(config.max_age).toBe(86_400_000 * 1e6);
  });

  test.each([
    ['another stream has the subjects', { name: 'OTHER', subjects: ['users.>'] }],
    ['it has other subjects', { name: 'USERS', subjects: ['orders.>'] }],
    [
      'it deletes acknowledged messages',
      { name: 'USERS', subjects: ['users.events.>'], retention: RetentionPolicy.Workqueue },
    ],
  ])('is refused and not changed when %s', async (_, config) => {
    await withManager((manager) => manager.streams.add(config));
    const logger = createRecordingLogger();
    const { relay, stream } = await startRelay({ database, url: nats.url, logger });
    await eventually(() => expect(relay.stats().state).toBe('blocked'));
    await expect(stream.prepare()).rejects.toThrow(/USERS.*nats\.stream/s);
    const { config: kept } = await withManager((manager) => manager.streams.info(config.name));
    expect(kept.subjects).toEqual(config.subjects);
  });

  test('is refused with more replicas than servers', async () => {
    const { stream, relay } = await startRelay({
      database,
      url: nats.url,
      stream: { replicas: 3 },
    });
    await eventually(() => expect(relay.stats().state).toBe('blocked'));
    await expect(stream.prepare()).rejects.toThrow(/nats\.replicas/);
  });
});

test('a change of the stream that the server refuses is reported with both values', async () => {
  const hour = 3_600_000;
  const first = await startRelay({ database, url: nats.url });
  await eventually(() => expect(first.relay.stats().state).toBe('publishing'));
  await first.stop();
  const { stream, relay } = await startRelay({
    database,
    url: nats.url,
    stream: { maxAgeMs: hour, duplicateWindowMs: 2 * hour },
  });
  await eventually(() => expect(relay.stats().state).toBe('blocked'));
  await expect(stream.prepare()).rejects.toThrow(
    /stream USERS .*nats\.max_age is 3600s where the stream has 604800s, nats\.duplicate_window is 7200s where the stream has 3600s/,
  );
});

test('published events are deleted after the retention, a bounded number at a time, and waiting ones never', async () => {
  const { stop } = await startRelay({ database, url: nats.url });
  await commitLives(database, 10, 2);
  await waitUntilDrained(database, nats.url);
  await stop();
  await commitEvents(database, lifeOf(randomUUID(), 1));
  const administration = createPostgresOutboxAdministration(database);
  expect(await administration.deletePublished(3_600_000, 100)).toBe(0);
  await database.query(`update outbox set occurred_at = occurred_at - interval '4 days',
    published_at = published_at - interval '4 days'`);
  expect(await administration.deletePublished(3_600_000, 15)).toBe(15);
  expect(await administration.deletePublished(3_600_000, 15)).toBe(5);
  expect(await administration.findBacklog()).toMatchObject({ waiting: 1 });
});
