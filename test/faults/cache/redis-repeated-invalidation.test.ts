import { expect, onTestFinished, test } from 'vitest';
import { useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { findFreePort } from '../../support/free-port.ts';
import { startRedis } from '../../support/redis-server.ts';
import { untilCached, useInstance, useUsers } from './redis-support.ts';

/** Cached values live for minutes, so one that is gone within this time was invalidated. */
const SECONDS_MS = 5_000;

const brokers: Record<string, () => Promise<Record<string, string>>> = {
  'without NATS': async () => ({}),
  'with NATS down': async () => ({ NATS_SERVERS: `nats://127.0.0.1:${await findFreePort()}` }),
};

/** A user cached in Redis, and an instance that changes it and dies before it invalidates the cache. */
async function useSetting(env: Readonly<Record<string, string>>) {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const { database, connection, users } = await useUsers(1);
  const [id = ''] = users;
  const doomed = useInstance(database, server.settings, { dies: true });
  await untilCached([doomed], id);
  return {
    /** The version that a reader of Redis gets. */
    version: async () => (await doomed.reader.findById(id))?.version,
    change: () => doomed.rename(id),
    async startService(): Promise<void> {
      const { host, port, keyPrefix } = server.settings;
      const redis = { REDIS_HOST: String(host), REDIS_PORT: String(port) };
      const app = await useTestApp({
        hashing: 'configured',
        database: 'postgres',
        connection,
        env: { ...env, ...redis, REDIS_KEY_PREFIX: keyPrefix },
      });
      await app.listen();
    },
  };
}

for (const [name, broker] of Object.entries(brokers)) {
  test(`${name}, a value whose instance died between commit and invalidation is invalidated within seconds`, async () => {
    const { version, change, startService } = await useSetting(await broker());
    await startService();
    expect(await change()).toBe(2);
    await eventually(async () => expect(await version()).toBe(2), { timeoutMs: SECONDS_MS });
  });

  test(`${name}, a value whose only instance died between commit and invalidation is invalidated once one runs`, async () => {
    const { version, change, startService } = await useSetting(await broker());
    expect(await change()).toBe(2);
    for (let read = 0; read < 20; read += 1) expect(await version()).toBe(1);
    await startService();
    await eventually(async () => expect(await version()).toBe(2), { timeoutMs: SECONDS_MS });
  });
}
