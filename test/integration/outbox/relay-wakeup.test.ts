import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createApi, patientHashing } from '../../support/api.ts';
import { createMasterKey, useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createRecordingLogger } from '../../support/logger.ts';
import { createNatsClient } from '../../support/nats-client.ts';
import { type NatsServer, startNats } from '../../support/nats-server.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import {
  commitLives,
  expectEveryEvent,
  startRelay,
  waitUntilDrained,
} from '../../support/relay.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const WAKE = 'users.relay.wake';
/** The poll comes much later than the end of a test: only an announcement explains a published event. */
const settings = { pollMs: 600_000, standbyMs: 100 };

let nats: NatsServer;

beforeAll(async () => {
  nats = await startNats({ jetstream: true });
});
afterAll(() => nats.stop());

test('the commits of another instance are published long before the next poll', async () => {
  const database = await connectPostgres((await createTestDatabase()).connectionOptions);
  const first = await startRelay({ database, url: nats.url, settings });
  await eventually(() => expect(first.relay.stats().state).toBe('publishing'));
  const second = await startRelay({ database, url: nats.url, settings });
  await eventually(() => expect(second.relay.stats().state).toBe('standby'));
  for (let change = 1; change <= 3; change += 1) {
    await commitLives(database, 5, 1);
    second.wakeup.announce();
    const streamed = await waitUntilDrained(database, nats.url);
    expect(streamed).toHaveLength(5 * change);
    await expectEveryEvent(database, streamed);
  }
});

test('1,000 commits at the same moment are announced in two messages', async () => {
  const database = await connectPostgres((await createTestDatabase()).connectionOptions);
  const { wakeup, link } = await startRelay({ database, url: nats.url, settings });
  const { connection } = await createNatsClient({ servers: nats.url });
  let received = 0;
  connection.subscribe(WAKE, {
    callback: () => {
      received += 1;
    },
  });
  await connection.flush();
  await eventually(() => expect(link.isConnected()).toBe(true));
  for (let commit = 0; commit < 1_000; commit += 1) wakeup.announce();
  await eventually(() => expect(received).toBe(2));
  await link.current()?.flush();
  await connection.flush();
  expect(received).toBe(2);
});

test('an account without permission for the subject causes two errors, and events wait for the next poll', async () => {
  const server = await startNats({
    jetstream: true,
    accounts: `authorization { users: [
      { user: all, password: a }
      { user: relay, password: r, permissions: {
        publish: ["users.events.>", "$JS.API.STREAM.>"], subscribe: ["_INBOX.>"] } }
    ] }`,
  });
  onTestFinished(() => server.stop());
  const database = await connectPostgres((await createTestDatabase()).connectionOptions);
  const logger = createRecordingLogger();
  const { wakeup, relay } = await startRelay({
    database,
    url: server.url,
    logger,
    settings: { pollMs: 20 },
    connection: { user: 'relay', password: 'r' },
  });
  await eventually(() => expect(relay.stats().state).toBe('publishing'));
  for (let round = 0; round < 10; round += 1) {
    await commitLives(database, 1, 1);
    wakeup.announce();
    await eventually(() => expect(relay.stats().published).toBe(round + 1));
  }
  const problems = logger.lines.filter(({ level }) => level === 'warn' || level === 'error');
  expect(problems.map(({ fields }) => String(fields.error)).sort()).toEqual([
    expect.stringMatching(/Publish to "users\.relay\.wake"/),
    expect.stringMatching(/Subscription to "users\.relay\.wake"/),
  ]);
});

test('the service announces its commits only while another instance publishes', async () => {
  const connection = (await createTestDatabase()).connectionOptions;
  const database = await connectPostgres(connection);
  const env = {
    ...patientHashing,
    NATS_SERVERS: nats.url,
    NATS_STREAM: 'USERS',
    SECURITY_MASTER_KEY: createMasterKey(),
  };
  const publishing = await useTestApp({ database: 'postgres', connection, env });
  await publishing.listen();
  await eventually(async () => {
    const { rows } = await database.query('select from relay_lease where stream is not null');
    expect(rows).toHaveLength(1);
  });
  const other = await useTestApp({ database: 'postgres', connection, env });
  await other.listen();
  const client = await createNatsClient({ servers: nats.url });
  const subjects: string[] = [];
  for (const subject of [WAKE, 'users.events.user.created.*']) {
    client.connection.subscribe(subject, {
      callback: (_error, message) => void subjects.push(message.subject.split('.', 3).join('.')),
    });
  }
  await client.connection.flush();
  await createApi(publishing).register();
  await eventually(() => expect(subjects).toEqual(['users.events.user']));
  await createApi(other).register();
  await eventually(() =>
    expect(subjects).toEqual(['users.events.user', WAKE, 'users.events.user']),
  );
});
