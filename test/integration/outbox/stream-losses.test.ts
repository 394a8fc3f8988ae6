import { randomUUID } from 'node:crypto';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPostgresOutboxQueue } from '../../../src/infrastructure/database/postgres/outbox-queue.ts';
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

// The relay's account may not update the stream, so that an operator can remove messages from it.
const accounts = `
  no_auth_user: operator
  authorization { users: [
    { user: operator, password: p }
    { user: publisher, password: p, permissions: { subscribe: ["_INBOX.>", "users.relay.wake"], publish: [
      "users.events.>", "users.relay.wake", "$JS.API.STREAM.INFO.USERS", "$JS.API.STREAM.MSG.GET.USERS"] } }
  ] }`;
const DAY_MS = 86_400_000;
/** The shortest that the server takes; the broker forgets ids after it. */
const WINDOW_MS = 100;
const LOST = 'the stream lost events: they are sent again';
const FOREIGN = /messages that the database does not know/;

let nats: NatsServer;
let database: Database;

beforeAll(async () => {
  nats = await startNats({ jetstream: true, accounts });
});
afterAll(() => nats.stop());
beforeEach(async () => {
  await nats.replaceStore();
  database = await connectPostgres((await createTestDatabase()).connectionOptions);
});

async function asOperator<T>(work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: nats.url });
  try {
    return await work(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

/** A relay on a stream of the operator that allows to remove messages. */
async function startWorld(stream: object = {}) {
  await asOperator((manager) =>
    manager.streams.add({
      name: 'USERS',
      subjects: ['users.events.>'],
      max_age: 7 * DAY_MS * 1e6,
      duplicate_window: WINDOW_MS * 1e6,
      ...stream,
    }),
  );
  const logger = createRecordingLogger();
  const { relay, stop } = await startRelay({
    database,
    url: nats.url,
    logger,
    connection: { user: 'publisher', password: 'p' },
    settings: { reconcileEveryMs: 50, standbyMs: 50 },
    stream: { duplicateWindowMs: WINDOW_MS },
  });
  const lines = (message: string | RegExp) =>
    logger.lines.filter((line) =>
      typeof message === 'string' ? line.message === message : message.test(line.message),
    );
  return { relay, stop, lines };
}

const drained = () => waitUntilDrained(database, nats.url);
const idsIn = async () =>
  asOperator(async (manager) => {
    const { state } = await manager.streams.info('USERS');
    const ids: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await manager.streams.getMessage('USERS', { seq });
      if (message !== null) ids.push(message.header.get('ce-id'));
    }
    return ids;
  });

async function committedIds(): Promise<string[]> {
  const { rows } = await database.query<{ id: string }>('select id from outbox order by position');
  return rows.map(({ id }) => id);
}

describe('a stream that lost messages below its end', () => {
  test('gets back what was purged, once and in order for each user', async () => {
    const { relay, lines } = await startWorld();
    await commitLives(database, 4, 3);
    await drained();
    await asOperator((manager) => manager.streams.purge('USERS'));
    await eventually(() => expect(relay.stats().resent).toBe(12));
    await eventually(async () => expect(await idsIn()).toHaveLength(12), { timeoutMs: 20_000 });
    await expectEveryEvent(database, await drained());
    expect(lines(LOST).map(({ fields }) => fields.count)).toEqual([12]);
    expect(lines(FOREIGN)).toEqual([]);
  });

  test('gets back a message from its middle, and nothing else', async () => {
    const { relay } = await startWorld();
    await commitLives(database, 3, 3);
    await drained();
    await asOperator(async (manager) => {
      await manager.streams.deleteMessage('USERS', 4);
      await manager.streams.deleteMessage('USERS', 5);
    });
    await eventually(() => expect(relay.stats().resent).toBe(2));
    await eventually(async () => expect(await idsIn()).toHaveLength(9), { timeoutMs: 20_000 });
    expect((await idsIn()).sort()).toEqual((await committedIds()).sort());
  });

  test('does not get back what has expired', async () => {
    const { relay } = await startWorld();
    await commitLives(database, 4, 2);
    await drained();
    await database.query(
      `update outbox set published_at = now() - interval '7 days' where stream_sequence <= 5`,
    );
    await asOperator((manager) => manager.streams.purge('USERS'));
    await eventually(() => expect(relay.stats().resent).toBe(3));
    await eventually(async () => expect(await idsIn()).toHaveLength(3), { timeoutMs: 20_000 });
    expect(relay.stats().resent).toBe(3);
  });

  test.each([
    ['of the whole stream', { max_msgs: 6 }],
    ['for each subject', { max_msgs_per_subject: 1 }],
  ])('is left alone below a limit %s that an operator set', async (_name, limit) => {
    const { relay } = await startWorld(limit);
    await commitLives(database, 3, 6);
    await eventually(() => expect(relay.stats().published).toBe(18));
    // A further event is published after the stream was compared again.
    await commitLives(database, 1, 1);
    await eventually(() => expect(relay.stats().published).toBe(19));
    expect(relay.stats().resent).toBe(0);
  });

  test('is protected against both when the service makes it', async () => {
    await startRelay({ database, url: nats.url });
    await eventually(() => asOperator((manager) => manager.streams.info('USERS')));
    await asOperator(async (manager) => {
      await expect(manager.streams.purge('USERS')).rejects.toThrow(/purge/);
      await expect(manager.streams.deleteMessage('USERS', 1)).rejects.toThrow(/delete/);
    });
  });

  test('is protected from the next start on when it existed', async () => {
    await asOperator((manager) =>
      manager.streams.add({ name: 'USERS', subjects: ['users.events.>'] }),
    );
    await startRelay({ database, url: nats.url });
    await eventually(async () => {
      const { config } = await asOperator((manager) => manager.streams.info('USERS'));
      expect(config).toMatchObject({ deny_purge: true, deny_delete: true });
    });
  });
});

describe('a database that is older than the stream', () => {
  test('marks events that are in the stream already, also behind later ones of their subject', async () => {
    const { stop } = await startWorld();
    const user = randomUUID();
    await commitEvents(database, lifeOf(user, 5));
    const before = await drained();
    await stop();
    // A backup from before the marks, which has all of the events.
    await database.query(
      `update outbox set published_at = null, stream = null, stream_created = null, stream_sequence = null
       where user_version >= 2`,
    );
    await database.query('update relay_lease set stream_sequence = 1');
    const { relay } = await startRelay({
      database,
      url: nats.url,
      settings: { reconcileEveryMs: 50 },
      stream: { duplicateWindowMs: WINDOW_MS },
    });
    expect(await drained()).toEqual(before);
    await expectEveryEvent(database, before);
    expect(relay.stats().foreign).toBe(0);
  });

  test('is reported once, with the number of messages, and publishing goes on', async () => {
    const first = await startWorld();
    await commitLives(database, 3, 3);
    await drained();
    await first.stop();
    await database.query('delete from outbox where stream_sequence > 5');
    await database.query('update relay_lease set stream_sequence = 5');
    const logger = createRecordingLogger();
    const { relay } = await startRelay({
      database,
      url: nats.url,
      logger,
      settings: { reconcileEveryMs: 20 },
      stream: { duplicateWindowMs: WINDOW_MS },
    });
    await eventually(() => expect(relay.stats().foreign).toBe(4));
    for (let round = 0; round < 5; round += 1) {
      await commitLives(database, 2, 2);
      await drained();
    }
    const reported = logger.lines.filter(({ message }) => FOREIGN.test(message));
    expect(reported.map(({ fields }) => fields.count)).toEqual([4]);
    expect(reported[0]?.level).toBe('error');
    expect(relay.stats()).toMatchObject({ foreign: 4, resent: 0, state: 'publishing' });
  });

  test('is not reported for events that a dead relay sent and did not mark', async () => {
    const first = await startWorld();
    await commitLives(database, 5, 1);
    await drained();
    await first.stop();
    // Sent, acknowledged, and not marked.
    await database.query(
      `update outbox set published_at = null, stream = null, stream_created = null, stream_sequence = null
       where stream_sequence > 2`,
    );
    await database.query('update relay_lease set stream_sequence = 2');
    const { relay } = await startRelay({
      database,
      url: nats.url,
      settings: { reconcileEveryMs: 20 },
      stream: { duplicateWindowMs: WINDOW_MS },
    });
    await drained();
    for (let round = 0; round < 5; round += 1) {
      await commitLives(database, 1, 1);
      await drained();
    }
    expect(relay.stats()).toMatchObject({ foreign: 0, resent: 0 });
  });
});

describe('a clock of the database that is set back', () => {
  test('does not delay the take-over from a dead relay', async () => {
    const queue = createPostgresOutboxQueue(database);
    // The lease of a relay that died before the clock went back by a minute.
    expect(await queue.acquireLease('dead', 64_000)).not.toBeNull();
    await commitLives(database, 2, 2);
    const { relay } = await startRelay({ database, url: nats.url });
    await eventually(() => expect(relay.stats().state).toBe('publishing'), { timeoutMs: 6_000 });
    await expectEveryEvent(database, await drained());
  });

  test('does not take the lease from a relay that renews it', async () => {
    const first = await startRelay({ database, url: nats.url });
    await eventually(() => expect(first.relay.stats().state).toBe('publishing'));
    const queue = createPostgresOutboxQueue(database);
    const reading = await queue.findLease();
    await eventually(async () => expect(await queue.findLease()).not.toEqual(reading));
    expect(await queue.acquireLease('second', 4_000, reading)).toBeNull();
  });

  test('does not hold an event back for longer than its pause', async () => {
    const { relay } = await startRelay({ database, url: nats.url });
    await eventually(() => expect(relay.stats().state).toBe('publishing'));
    await commitEvents(database, lifeOf(randomUUID(), 2));
    await drained();
    await database.query(
      `update outbox set published_at = null, attempts = 1, next_attempt_at = now() + interval '1 hour'`,
    );
    await drained();
  });
});
