import { randomUUID } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createAcknowledgedPublisher } from '../../../src/infrastructure/messaging/acknowledged-publisher.ts';
import { headerLine } from '../../../src/infrastructure/messaging/cloud-event.ts';
import { monotonicMs } from '../../../src/infrastructure/system/monotonic.ts';
import { type NatsServer, startNats } from '../../support/nats-server.ts';

const data = Buffer.from('{}');
let nats: NatsServer;
let connection: NatsConnection;

beforeAll(async () => {
  nats = await startNats({ jetstream: true });
});
afterAll(() => nats.stop());
beforeEach(async () => {
  await nats.replaceStore();
  connection = await connect({ servers: nats.url, reconnectTimeWait: 50, noAsyncTraces: true });
  const opened = connection;
  onTestFinished(() => opened.close());
});

function open(timeoutMs: number) {
  return createAcknowledgedPublisher({ connection, timeoutMs, monotonicMs });
}

test('each of 1,000 messages of one turn gets its own acknowledgement, in their order', async () => {
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'USERS', subjects: ['users.events.>'] });
  const { publish } = open(5_000);
  const sent = Array.from({ length: 1_000 }, (_, index) =>
    publish(`users.events.user.updated.${index}`, data, headerLine('Nats-Msg-Id', randomUUID())),
  );
  const sequences = (await Promise.all(sent)).map((message) => message.json<{ seq: number }>().seq);
  expect(sequences).toEqual(sent.map((_, index) => index + 1));
  const stored = await manager.streams.getMessage('USERS', { seq: 7 });
  expect(stored?.subject).toBe('users.events.user.updated.6');
});

test('a subject without a stream, and one that does not answer, end in an error', async () => {
  const { publish } = open(50);
  await expect(publish('users.events.none', data, '')).rejects.toMatchObject({
    name: 'NoResponders',
  });
  connection.subscribe('users.events.silent', { callback: () => {} });
  const waits = [
    publish('users.events.silent', data, ''),
    publish('users.events.silent', data, ''),
  ];
  for (const result of await Promise.allSettled(waits)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { name: 'TimeoutError' } });
  }
});

test('what waits when the connection is lost fails at once', async () => {
  const { publish } = open(600_000);
  connection.subscribe('users.events.silent', { callback: () => {} });
  const waiting = expect(publish('users.events.silent', data, '')).rejects.toThrow(
    'the connection was lost',
  );
  await connection.flush();
  await nats.kill();
  await waiting;
  await nats.start();
});

test('a subject that the account may not publish to fails at once', async () => {
  const server = await startNats({
    jetstream: true,
    accounts: `authorization { users: [
      { user: relay, password: r, permissions: { publish: ["users.events.>"], subscribe: ["_INBOX.>"] } }
    ] }`,
  });
  onTestFinished(() => server.stop());
  connection = await connect({ servers: server.url, user: 'relay', pass: 'r' });
  const opened = connection;
  onTestFinished(() => opened.close());
  const { publish } = open(600_000);
  await expect(publish('orders.new', data, '')).rejects.toMatchObject({
    name: 'PermissionViolationError',
  });
});
