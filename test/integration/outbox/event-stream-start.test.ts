import {
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApi } from '../../support/api.ts';
import { createTestApp, useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { createRecordingLogger } from '../../support/logger.ts';
import { type NatsServer, startNats } from '../../support/nats-server.ts';

let nats: NatsServer;

beforeAll(async () => {
  nats = await startNats({ jetstream: true });
});
afterAll(() => nats.stop());

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

const createStream = (config: Partial<StreamConfig> & { name: string }) =>
  withManager((manager) => manager.streams.add(config));
const environment = (more = {}) => ({ NATS_SERVERS: nats.url, ...more });

describe('a start with NATS', () => {
  test('creates the stream before it listens', async () => {
    await nats.replaceStore();
    await useTestApp({ database: 'embedded', env: environment({ NATS_MAX_AGE: '24h' }) });
    const { config } = await withManager((manager) => manager.streams.info('USERS'));
    expect(config).toMatchObject({ subjects: ['users.events.>'], max_age: 86_400 * 1e9 });
  });

  test('is refused when the stream cannot carry the events, with each setting and the remedy', async () => {
    await nats.replaceStore();
    await createStream({
      name: 'USERS',
      subjects: ['orders.>'],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.Memory,
    });
    const start = createTestApp({ database: 'embedded', env: environment() });
    await expect(start).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringMatching(
        /stream USERS .*subjects orders\.> .*retention workqueue .*in memory .*nats\.stream/,
      ),
    });
    const { config } = await withManager((manager) => manager.streams.info('USERS'));
    expect(config.subjects).toEqual(['orders.>']);
  });

  test('is refused when another stream has the subjects', async () => {
    await nats.replaceStore();
    await createStream({ name: 'OTHER', subjects: ['users.>'] });
    const start = createTestApp({ database: 'embedded', env: environment() });
    await expect(start).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringMatching(/users\.events\.>.*USERS.*nats\.stream/),
    });
  });

  test('is refused when the server does not support the configuration, with the values', async () => {
    await nats.replaceStore();
    const env = environment({ NATS_REPLICAS: '3' });
    await expect(createTestApp({ database: 'embedded', env })).rejects.toMatchObject({
      name: 'StartError',
      message: expect.stringMatching(/stream USERS .*nats\.replicas is 3/),
    });
  });
});

test('a start without NATS succeeds, and health reports a conflict once NATS is reachable', async () => {
  await nats.replaceStore();
  await createStream({ name: 'USERS', subjects: ['orders.>'] });
  await nats.kill();
  const logger = createRecordingLogger();
  const app = await useTestApp({ database: 'embedded', env: environment(), logger });
  await app.listen();
  const api = createApi(app);
  expect((await api.send('GET', '/health/ready')).statusCode).toBe(200);
  expect((await api.send('GET', '/health')).json()).toMatchObject({ status: 'degraded' });
  await nats.start();
  await eventually(
    () =>
      expect(
        logger.lines.filter(({ fields }) => /takes the subjects orders/.test(String(fields.error))),
      ).toHaveLength(1),
    { timeoutMs: 10_000 },
  );
  expect((await api.send('GET', '/health')).json()).toMatchObject({ status: 'degraded' });
});
