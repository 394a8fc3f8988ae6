import { expect, onTestFinished, test } from 'vitest';
import { useTestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { findFreePort } from '../../support/free-port.ts';
import { startRedis } from '../../support/redis-server.ts';
import { untilCached, useInstance, useUsers } from './redis-support.ts';

/** A copy lives for minutes: it was taken back when it is gone after so long. */
const SECONDS_MS = 5_000;

const brokers: Record<string, () => Promise<Record<string, string>>> = {
  'without NATS': async () => ({}),
  'with NATS away': async () => ({ NATS_SERVERS: `nats://127.0.0.1:${await findFreePort()}` }),
};

/** A user whose copy is in Redis, and an instance that can change it and dies before it forgets the copy. */
async function useSetting(env: Readonly<Record<string, string>>) {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const { database, connection, users } = await useUsers(1);
  const [id = ''] = users;
  const doomed = useInstance(database, server.settings, { dies: true });
  await untilCached([doomed], id);
  return {
    /** What a reader of Redis is told. */
    version: async () => (await doomed.reader.findById(id))?.version,
    change: () => doomed.rename(id),
    async startService(): Promise<void> {
      const { host, port, keyPrefix } = server.settings;
      const redis = { REDIS_HOST: String(host), REDIS_PORT: String(port) };
      const app = await useTestApp({
        database: 'postgres',
        connection,
        env: { ...env, ...redis, REDIS_KEY_PREFIX: keyPrefix },
      });
      await app.listen();
    },
  };
}

for (const [name, broker] of Object.entries(brokers)) {
  test(`${name}, a copy whose instance died between commit and invalidation is gone within seconds`, async () => {
    const { version, change, startService } = await useSetting(await broker());
    await startService();
    expect(await change()).toBe(2);
    await eventually(async () => expect(await version()).toBe(2), { timeoutMs: SECONDS_MS });
  });

  test(`${name}, a copy whose only instance died between commit and invalidation is gone once one runs`, async () => {
    const { version, change, startService } = await useSetting(await broker());
    expect(await change()).toBe(2);
    for (let read = 0; read < 20; read += 1) expect(await version()).toBe(1);
    await startService();
    await eventually(async () => expect(await version()).toBe(2), { timeoutMs: SECONDS_MS });
  });
}
