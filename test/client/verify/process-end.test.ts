import { fileURLToPath } from 'node:url';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { fakeUserService } from '@user-service/client/testing';
import { expect, onTestFinished, test } from 'vitest';
import { startProcess } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { findFreePort } from '../../support/free-port.ts';
import { startNats } from '../../support/nats-server.ts';

const CHILD = fileURLToPath(new URL('../../support/idle-verifier.ts', import.meta.url));
const PATIENCE = { timeoutMs: 30_000 };
const BY_ITSELF = { code: 0, signal: null };

/** Starts a process whose only work is a verifier. */
async function startIdle(options: object) {
  const args = ['--import', 'tsx', CHILD, JSON.stringify(options)];
  const running = await startProcess(process.execPath, args);
  onTestFinished(async () => void (await running.kill()));
  return running;
}

async function startFake() {
  const service = await fakeUserService();
  onTestFinished(() => service.stop());
  const { key } = await service.createServiceAccount(['tokens:introspect']);
  return { service, issuer: service.url, http: { url: service.url, key } };
}

/** Revocations over NATS, as the service publishes them. */
async function startFeed() {
  const nats = await startNats({ jetstream: true });
  const connection = await connect({ servers: nats.url });
  const { streams } = await jetstreamManager(connection);
  await streams.add({ name: 'USERS_REVOKED', subjects: ['users.revoked.>'] });
  const heartbeat = JSON.stringify({ epoch: 'one', last_sequence: 0 });
  const beat = () => connection.publish('users.revocations.heartbeat', heartbeat);
  const timer = setInterval(beat, 50);
  onTestFinished(async () => {
    clearInterval(timer);
    await connection.close();
    await nats.stop();
  });
  return {
    url: nats.url,
    readers: async () => (await streams.info('USERS_REVOKED')).state.consumer_count,
  };
}

test('a process ends after it has closed a verifier whose request for revocations waits', async () => {
  const { service, issuer, http } = await startFake();
  const running = await startIdle({ issuer, http, waits: true });
  await running.waitForLine(/^ready$/, PATIENCE.timeoutMs);
  const requests = () => service.requestCount('/v1/revocations');
  // The first one loads, and the next one waits.
  await eventually(() => expect(requests()).toBeGreaterThan(1), PATIENCE);
  expect(running.hasExited()).toBe(false);
  running.signal('SIGTERM');
  expect(await running.exited).toEqual(BY_ITSELF);
});

test('a closed verifier reads no stream any more, and its process ends with the connection', async () => {
  const { issuer } = await startFake();
  const { url, readers } = await startFeed();
  const running = await startIdle({ issuer, nats: url, waits: true });
  await running.waitForLine(/^ready$/, PATIENCE.timeoutMs);
  expect(await readers()).toBe(1);
  running.signal('SIGTERM');
  await eventually(async () => expect(await readers()).toBe(0), PATIENCE);
  expect(running.hasExited()).toBe(false);
  running.signal('SIGUSR2');
  expect(await running.exited).toEqual(BY_ITSELF);
});

test('a verifier keeps no process alive between its attempts to reach a service that is away', async () => {
  const url = `http://127.0.0.1:${await findFreePort()}`;
  const running = await startIdle({ issuer: url, http: { url, key: 'usk_key' } });
  expect(await running.exited).toEqual(BY_ITSELF);
});
