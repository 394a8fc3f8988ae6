import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { createVerifier, type VerifierOptions } from '@user-service/client/verify';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type NatsServer, startNats } from '../../support/nats-server.ts';
import { createTokenIssuer } from '../../support/token-issuer.ts';

const STREAM = 'USERS_REVOKED';
const issuer = createTokenIssuer('key');

let nats: NatsServer;
/** In place of the service. */
let service: NatsConnection;

beforeAll(async () => {
  nats = await startNats({ jetstream: true });
  service = await connect({ servers: nats.url });
});
afterAll(async () => {
  await service?.close();
  await nats?.stop();
});
beforeEach(async () => {
  const { streams } = await jetstreamManager(service);
  await streams.delete(STREAM).catch(() => undefined);
});

async function createStream(): Promise<void> {
  const { streams } = await jetstreamManager(service);
  await streams.add({ name: STREAM, subjects: ['users.revoked.>'], max_msgs_per_subject: 1 });
}

function partsOf(token: string): { readonly sid: string; readonly iat: number } {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

/** @returns the sequence of the message */
async function revoke(token: string): Promise<number> {
  const { sid, iat } = partsOf(token);
  const entry = { kind: 'session', id: sid, not_before: iat, until: iat + 720 };
  const subject = `users.revoked.session.${sid}`;
  return (await jetstream(service).publish(subject, JSON.stringify(entry))).seq;
}

/** Sends heartbeats until the test has ended, as the service does, but more often. */
function beat(state: { epoch: string; sequence: number }): void {
  const send = () => {
    const body = { epoch: state.epoch, last_sequence: state.sequence };
    service.publish('users.revocations.heartbeat', JSON.stringify(body));
  };
  const timer = setInterval(send, 50);
  onTestFinished(() => clearInterval(timer));
}

async function start(revocations: { readonly maxEntries?: number } = {}) {
  const connection = await connect({ servers: nats.url });
  const options: VerifierOptions = {
    ...{ issuer: issuer.issuer, audience: 'orders' },
    fetch: async () => Response.json({ keys: [issuer.jwk] }),
    revocations: { nats: { connection }, maxStalenessMs: 1_500, ...revocations },
  };
  const verifier = createVerifier(options);
  onTestFinished(async () => {
    await verifier.close();
    await connection.close();
  });
  const told = async (token: string) => {
    const result = await verifier.verify(token);
    if (result.ok) return 'valid';
    return 'reason' in result.problem ? result.problem.reason : result.problem.code;
  };
  const becomes = (token: string, verdict: string) =>
    eventually(async () => expect(await told(token)).toBe(verdict), { timeoutMs: 20_000 });
  return { verifier, connection, told, becomes, feed: () => verifier.stats().feed };
}

test('the stream is read as a whole, and then as it grows', async () => {
  await createStream();
  const tokens = Array.from({ length: 300 }, () => issuer.token());
  const [later = '', live = ''] = [issuer.token(), issuer.token()];
  const state = { epoch: 'one', sequence: 0 };
  for (const token of tokens) state.sequence = await revoke(token);
  beat(state);
  const { verifier, told, becomes, feed } = await start();
  await verifier.ready();
  for (const token of tokens) expect(await told(token)).toBe('revoked');
  await becomes(live, 'valid');
  state.sequence = await revoke(later);
  await becomes(later, 'revoked');
  expect(feed()).toMatchObject({ entries: 301, loads: 1, lastError: null });
});

test('a stream whose last messages are gone is whole', async () => {
  await createStream();
  const state = { epoch: 'one', sequence: await revoke(issuer.token()) };
  await (await jetstreamManager(service)).streams.purge(STREAM);
  beat(state);
  const { verifier, becomes } = await start();
  await verifier.ready();
  await becomes(issuer.token(), 'valid');
});

test('a new epoch reads the whole stream again, and keeps what is known', async () => {
  await createStream();
  const [lost, found] = [issuer.token(), issuer.token()];
  const state = { epoch: 'one', sequence: await revoke(lost) };
  beat(state);
  const { verifier, told, becomes, feed } = await start();
  await verifier.ready();
  // The broker came back with another copy.
  const { streams } = await jetstreamManager(service);
  await streams.delete(STREAM);
  await createStream();
  Object.assign(state, { epoch: 'two', sequence: await revoke(found) });
  await becomes(found, 'revoked');
  expect(await told(lost)).toBe('revoked');
  expect(feed()?.loads).toBe(2);
});

test('a consumer that stays behind the heartbeats reads again, and is stale meanwhile', async () => {
  await createStream();
  const state = { epoch: 'one', sequence: await revoke(issuer.token()) };
  beat(state);
  const { verifier, becomes, feed } = await start();
  await verifier.ready();
  const token = issuer.token();
  // As if a message were in the stream that the consumer did not get.
  state.sequence += 1;
  await becomes(token, 'revocations');
  await eventually(() => expect(feed()?.loads).toBeGreaterThan(1), { timeoutMs: 20_000 });
  expect(await revoke(issuer.token())).toBe(state.sequence);
  await becomes(token, 'valid');
});

test('without heartbeats the feed is stale, though its stream is there', async () => {
  await createStream();
  const { told, feed } = await start();
  expect(await told(issuer.token())).toBe('revocations');
  expect(feed()?.state).toBe('loading');
});

test('a stream that is missing is read once it is there', async () => {
  const state = { epoch: 'one', sequence: 0 };
  beat(state);
  const { told, becomes, feed } = await start();
  expect(await told(issuer.token())).toBe('revocations');
  expect(feed()?.lastError).toContain('stream');
  await createStream();
  await becomes(issuer.token(), 'valid');
});

test('a set that is full is stale', async () => {
  await createStream();
  const known = issuer.token();
  const state = { epoch: 'one', sequence: await revoke(known) };
  beat(state);
  const { verifier, becomes, told, feed } = await start({ maxEntries: 1 });
  await verifier.ready();
  state.sequence = await revoke(issuer.token());
  await becomes(issuer.token(), 'revocations');
  expect(await told(known)).toBe('revoked');
  expect(feed()).toMatchObject({ isFull: true, entries: 1 });
});

test('a heartbeat or an entry that is none is not taken for one', async () => {
  await createStream();
  const state = { epoch: 'one', sequence: await revoke(issuer.token()) };
  beat(state);
  const { verifier, becomes } = await start();
  await verifier.ready();
  for (const text of ['', 'null', '{}', '{"epoch":1,"last_sequence":1}']) {
    service.publish('users.revocations.heartbeat', text);
  }
  await becomes(issuer.token(), 'valid');
  state.sequence = (await jetstream(service).publish('users.revoked.session.x', '{"kind":1}')).seq;
  await becomes(issuer.token(), 'revocations');
});

test('the end of the verifier leaves the connection open, and unsubscribes', async () => {
  await createStream();
  beat({ epoch: 'one', sequence: 0 });
  const { verifier, connection, feed } = await start();
  await verifier.ready();
  await verifier.close();
  expect(connection.isClosed()).toBe(false);
  await connection.flush();
  await eventually(() => expect(feed()?.state).toBe('stale'), { timeoutMs: 10_000 });
});
