import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Database } from '../../../src/infrastructure/database/sql.ts';
import { deleteStream, type StreamedEvent } from '../../support/event-stream.ts';
import { eventually } from '../../support/eventually.ts';
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
import { startTcpProxy } from '../../support/tcp-proxy.ts';
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

const drained = (timeoutMs?: number) => waitUntilDrained(database, nats.url, timeoutMs);
const expectComplete = (streamed: readonly StreamedEvent[]) => expectEveryEvent(database, streamed);
const commitUsers = (users: number, versions: number) => commitLives(database, users, versions);

describe('the relay', () => {
  test('publishes the events of many users, of every type, once and in order for each user', async () => {
    await commitUsers(300, 4);
    const user = randomUUID();
    const session = randomUUID();
    await commitEvents(database, [
      ...lifeOf(user, 2),
      {
        type: 'user.email_changed',
        userId: user,
        userVersion: 3,
        data: { changed_fields: ['email'] },
      },
      { type: 'user.password_changed', userId: user, userVersion: 4, data: {} },
      { type: 'session.started', userId: user, userVersion: 4, data: { session_id: session } },
      {
        type: 'session.ended',
        userId: user,
        userVersion: 4,
        data: { session_id: session, reason: 'signed_out' },
      },
      {
        type: 'authentication.failed',
        userId: null,
        userVersion: null,
        data: { reason: 'unknown_email', suppressed: 0 },
      },
      { type: 'user.deleted', userId: user, userVersion: 5, data: {} },
    ]);
    await startRelay({ database, url: nats.url });
    const streamed = await drained();
    expect(streamed).toHaveLength(1_208);
    await expectComplete(streamed);
  });

  test('publishes at once after a notification', async () => {
    const { relay } = await startRelay({ database, url: nats.url, settings: { pollMs: 60_000 } });
    await eventually(() => expect(relay.stats().state).toBe('publishing'));
    await commitUsers(1, 1);
    relay.notify();
    await expectComplete(await drained());
  });

  test('waits for a server that is down at the start, and for one that goes down later', async () => {
    await nats.kill();
    const { relay } = await startRelay({ database, url: nats.url });
    await commitUsers(20, 3);
    await eventually(() => expect(relay.stats().state).toBe('disconnected'));
    await nats.start();
    await drained();
    await nats.kill();
    await commitUsers(20, 3);
    await nats.start();
    await expectComplete(await drained());
  });

  test('survives a frozen server', async () => {
    const { relay } = await startRelay({ database, url: nats.url });
    await commitUsers(5, 2);
    await drained();
    nats.freeze();
    await commitUsers(20, 3);
    relay.notify();
    await eventually(() => expect(relay.stats().state).toBe('disconnected'), { timeoutMs: 10_000 });
    nats.thaw();
    await expectComplete(await drained());
  });

  test('sends events again whose acknowledgement was lost with the connection, and the stream has them once', async () => {
    const proxy = await startTcpProxy({ targetPort: nats.port });
    onTestFinished(() => proxy.stop());
    const { relay } = await startRelay({ database, url: `nats://127.0.0.1:${proxy.port}` });
    await eventually(() => expect(relay.stats().state).toBe('publishing'));
    for (let cut = 0; cut < 5; cut += 1) {
      proxy.cutAfter(cut * 150);
      await commitUsers(20, 2);
      await drained();
    }
    await expectComplete(await drained());
  });

  test('finds the events in the stream that it sent before a pause longer than the duplicate window', async () => {
    const window = { duplicateWindowMs: 5_000 };
    const first = await startRelay({ database, url: nats.url, stream: window });
    await commitUsers(10, 3);
    await drained();
    await first.stop();
    // The state after a relay died between the acknowledgements and the marks.
    await database.query(
      `update outbox set published_at = null, stream_sequence = null where user_version = 3`,
    );
    await database.query(`update outbox set occurred_at = occurred_at - interval '1 minute'`);
    const since = performance.now();
    await eventually(() => expect(performance.now() - since).toBeGreaterThan(5_500), {
      timeoutMs: 10_000,
    });
    await startRelay({ database, url: nats.url, stream: window });
    const streamed = await drained();
    expect(streamed).toHaveLength(30);
    await expectComplete(streamed);
  });

  test('sends the lost tail again after the store is replaced by an older copy', async () => {
    const { relay } = await startRelay({ database, url: nats.url });
    await commitUsers(10, 2);
    await drained();
    const saved = await nats.saveStore();
    await commitUsers(10, 2);
    await drained();
    await nats.replaceStore(saved);
    await commitUsers(10, 2);
    await eventually(() => expect(relay.stats().resent).toBe(20), { timeoutMs: 10_000 });
    const streamed = await drained();
    expect(streamed).toHaveLength(60);
    await expectComplete(streamed);
  });

  test('sends all retained events again after the stream is deleted', async () => {
    const { relay } = await startRelay({ database, url: nats.url });
    await commitUsers(20, 2);
    await drained();
    await deleteStream(nats.url);
    await commitUsers(1, 1);
    relay.notify();
    await eventually(() => expect(relay.stats().resent).toBe(40), { timeoutMs: 10_000 });
    await expectComplete(await drained());
  });
});
