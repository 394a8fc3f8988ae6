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

const relayPermissions = [
  'users.events.>',
  'users.relay.wake',
  '$JS.API.STREAM.INFO.USERS',
  '$JS.API.STREAM.MSG.GET.USERS',
];
const streamPermissions = ['$JS.API.STREAM.CREATE.USERS', '$JS.API.STREAM.UPDATE.USERS'];

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
      ${user('maker', [...relayPermissions, ...streamPermissions])}
      ${user('publisher', relayPermissions)}
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
  const problems = () => logger.lines.filter(({ level }) => level === 'warn' || level === 'error');
  return { ...started, database, problems };
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

test('the documented permissions suffice to create the stream, update it and publish, over TLS with a client certificate', async () => {
  const first = await relayAs('maker');
  await commitLives(first.database, 3, 2);
  await eventually(() => expect(first.relay.stats().published).toBe(6));
  expect(first.relay.stats().lagMs).toBeGreaterThan(0);
  expect(first.problems()).toEqual([]);
  await first.stop();
  const second = await relayAs('maker', { maxAgeMs: 86_400_000 });
  // Older than half the duplicate window, so the relay looks for it in the stream before it sends it.
  await commitLives(second.database, 1, 1);
  await second.database.query(`update outbox set occurred_at = occurred_at - interval '1 day'`);
  await commitLives(second.database, 1, 1);
  await eventually(() => expect(second.relay.stats().published).toBe(2));
  expect(second.problems()).toEqual([]);
  const { config, state } = await asOperator((manager) => manager.streams.info('USERS'));
  expect(config.max_age).toBe(86_400_000 * 1e6);
  expect(state.messages).toBe(8);
  await removeStream();
});

test('an account that may not create streams publishes to the stream of the operator, even with other time settings', async () => {
  await asOperator((manager) =>
    manager.streams.add({ name: 'USERS', subjects: ['users.events.>'], max_age: 3600 * 1e9 }),
  );
  const { relay, database, problems } = await relayAs('publisher');
  await commitLives(database, 3, 2);
  await eventually(() => expect(relay.stats().published).toBe(6));
  expect(problems().map(({ fields }) => String(fields.error))).toEqual([
    expect.stringContaining('$JS.API.STREAM.UPDATE.USERS'),
  ]);
  await removeStream();
});

test.each([
  ['publisher', /may not create one.*users\.events\.>.*\$JS\.API\.STREAM\.CREATE\.USERS/],
  ['blind', /may not read the stream USERS.*\$JS\.API\.STREAM\.INFO\.USERS/],
])('without a stream, %s gets the missing permission reported once', async (name, reason) => {
  const { relay, stream, problems } = await relayAs(name);
  await eventually(() => expect(relay.stats().state).toBe('blocked'));
  await expect(stream.prepare()).rejects.toThrow(reason);
  const reported = problems().length;
  await expect(stream.prepare()).rejects.toThrow(reason);
  expect(problems()).toHaveLength(reported);
});
