import { headers } from '@nats-io/transport-node';
import { expect, onTestFinished, test } from 'vitest';
import { readStream } from '../../support/event-stream.ts';
import { createNatsClient } from '../../support/nats-client.ts';
import { startNats } from '../../support/nats-server.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import { commitLives, runRelay, startRelay, waitUntilDrained } from '../../support/relay.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { findStreamFaults, verifyStreamOf } from '../../support/verify-stream.ts';

async function startWorld() {
  const nats = await startNats({ jetstream: true });
  onTestFinished(() => nats.stop());
  const database = await connectPostgres((await createTestDatabase()).connectionOptions);
  return { nats, database };
}

test('a stream of several parts has no fault, with and without the rows of its events', async () => {
  const { nats, database } = await startWorld();
  await startRelay({ database, url: nats.url });
  await commitLives(database, 300, 4);
  await waitUntilDrained(database, nats.url);
  expect(await verifyStreamOf(database, nats.url)).toMatchObject({
    findings: [],
    summary: { messages: 1_200, findings: 0, unjudged: 0, waiting: 0 },
  });
  await database.query('delete from outbox where sequence <= 1000');
  const { findings, summary } = await verifyStreamOf(database, nats.url);
  expect(findings).toEqual([]);
  expect(summary).toMatchObject({ messages: 1_200, unjudged: 1_000 });
});

test('messages of others, repeated and lost events are found', async () => {
  const { nats, database } = await startWorld();
  const relay = await runRelay({ database, url: nats.url });
  onTestFinished(relay.stop);
  await commitLives(database, 1, 3);
  const [first] = await waitUntilDrained(database, nats.url);
  const older = await nats.saveStore();
  await commitLives(database, 1, 2);
  const streamed = await waitUntilDrained(database, nats.url);
  await relay.stop();

  const { connection } = await createNatsClient({ servers: nats.url });
  const subject = `users.events.user.created.${first?.event.userId}`;
  const copy = await connection.request(`$JS.API.STREAM.MSG.GET.USERS`, '{"seq":1}');
  const stored = JSON.parse(copy.string()).message;
  const text = Buffer.from(stored.hdrs, 'base64').toString();
  const ceHeaders = text.split('\r\n').filter((line) => line.startsWith('ce-'));
  const repeated = headers();
  for (const line of ceHeaders) {
    const [name = '', value = ''] = line.split(/: (.*)/);
    repeated.set(name, value);
  }
  await connection.request(subject, '{"status":"active"}', { timeout: 5_000, headers: repeated });
  await connection.request('users.events.user.created.unknown', '{}');
  const last = streamed.length;
  const found = await findStreamFaults(database, nats.url);
  expect(found.map(({ kind, streamSequence, id }) => [kind, streamSequence, id])).toEqual([
    ['twice', last + 1, first?.id],
    ['foreign', last + 2, null],
    ['out_of_order', last + 1, first?.id],
  ]);

  await nats.replaceStore(older);
  const lost = streamed.slice(3);
  expect(await readStream(nats.url)).toHaveLength(3);
  const missing = await findStreamFaults(database, nats.url);
  expect(missing.map(({ kind, id }) => [kind, id])).toEqual(lost.map(({ id }) => ['missing', id]));
});
