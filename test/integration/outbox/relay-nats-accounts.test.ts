import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCertificates, type TestCertificates } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { createRecordingLogger } from '../../support/logger.ts';
import { type NatsServer, startNats } from '../../support/nats-server.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import { commitLives, startRelay } from '../../support/relay.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const relayRights = [
  'users.events.>',
  'users.relay.wake',
  '$JS.API.STREAM.INFO.USERS',
  '$JS.API.STREAM.MSG.GET.USERS',
];
const streamRights = ['$JS.API.STREAM.CREATE.USERS', '$JS.API.STREAM.UPDATE.USERS'];

function user(name: string, publish: readonly string[]): string {
  return `{ user: ${name}, password: p, permissions: {
    publish: ${JSON.stringify(publish)}, subscribe: ["_INBOX.>", "users.relay.wake"] } }`;
}

let nats: NatsServer;
let certificates: TestCertificates;

beforeAll(async () => {
  certificates = await createCertificates();
  nats = await startNats({
    jetstream: true,
    tls: { ...certificates.server, caPath: certificates.ca.certificatePath },
    accounts: `authorization { users: [
      { user: operator, password: p }
      ${user('maker', [...relayRights, ...streamRights])}
      ${user('publisher', relayRights)}
      ${user('blind', ['users.events.>'])}
    ] }`,
  });
});
afterAll(async () => {
  await nats.stop();
  await certificates.remove();
});

/** A relay over verified TLS with a client certificate, as this user. */
async function relayAs(name: string, stream = {}) {
  const database = await connectPostgres((await createTestDatabase()).connectionOptions);
  const logger = createRecordingLogger();
  const started = await startRelay({
    database,
    url: `tls://localhost:${nats.port}`,
    logger,
    stream,
    connection: {
      user: name,
      password: 'p',
      tls: true,
      tlsCa: certificates.ca.certificatePath,
      tlsCert: certificates.client.certificatePath,
      tlsKey: certificates.client.privateKeyPath,
    },
  });
  const faults = () => logger.lines.filter(({ level }) => level === 'warn' || level === 'error');
  return { ...started, database, faults };
}

async function asOperator<T>(
  work: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<T>,
): Promise<T> {
  const connection = await connect({
    servers: `tls://localhost:${nats.port}`,
    user: 'operator',
    pass: 'p',
    tls: {
      ca: certificates.ca.certificate,
      cert: certificates.client.certificate,
      key: certificates.client.privateKey,
    },
  });
  try {
    return await work(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

const removeStream = () => asOperator((manager) => manager.streams.delete('USERS'));

test('the rights of the documentation suffice to make the stream, change it and publish, over TLS with a client certificate', async () => {
  const first = await relayAs('maker');
  await commitLives(first.database, 3, 2);
  await eventually(() => expect(first.relay.stats().published).toBe(6));
  expect(first.relay.stats().lagMs).toBeGreaterThan(0);
  expect(first.faults()).toEqual([]);
  await first.stop();
  const second = await relayAs('maker', { maxAgeMs: 86_400_000 });
  // As old as after a pause: it is looked for before it is sent.
  await commitLives(second.database, 1, 1);
  await second.database.query(`update outbox set occurred_at = occurred_at - interval '1 day'`);
  await commitLives(second.database, 1, 1);
  await eventually(() => expect(second.relay.stats().published).toBe(2));
  expect(second.faults()).toEqual([]);
  const { config, state } = await asOperator((manager) => manager.streams.info('USERS'));
  expect(config.max_age).toBe(86_400_000 * 1e6);
  expect(state.messages).toBe(8);
  await removeStream();
});

test('an account that may not make streams publishes to the one that the operator made, with other times too', async () => {
  await asOperator((manager) =>
    manager.streams.add({ name: 'USERS', subjects: ['users.events.>'], max_age: 3600 * 1e9 }),
  );
  const { relay, database, faults } = await relayAs('publisher');
  await commitLives(database, 3, 2);
  await eventually(() => expect(relay.stats().published).toBe(6));
  expect(faults().map(({ fields }) => String(fields.error))).toEqual([
    expect.stringContaining('$JS.API.STREAM.UPDATE.USERS'),
  ]);
  await removeStream();
});

test.each([
  ['publisher', /may not create one.*users\.events\.>.*\$JS\.API\.STREAM\.CREATE\.USERS/],
  ['blind', /may not read the stream USERS.*\$JS\.API\.STREAM\.INFO\.USERS/],
])('without a stream, %s is told what is missing, once', async (name, reason) => {
  const { relay, stream, faults } = await relayAs(name);
  await eventually(() => expect(relay.stats().state).toBe('blocked'));
  await expect(stream.prepare()).rejects.toThrow(reason);
  const told = faults().length;
  await expect(stream.prepare()).rejects.toThrow(reason);
  expect(faults()).toHaveLength(told);
});
