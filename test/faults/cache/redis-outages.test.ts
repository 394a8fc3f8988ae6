import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type RedisServer, redisSettings, startRedis } from '../../support/redis-server.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { evictAt2Mb, startLoad, untilCached, useInstance, useUsers } from './redis-support.ts';

/** The second round shows that the cache recovered from the first. Set `FAULT_ROUNDS=10` for a long run. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? '2');
/** Longer than the circuit breaker takes to open, and than a silent connection is kept. */
const OUTAGE_MS = 4_000;
const CALM_MS = 300;
/**
 * Allows for the cache deadline of a look-up and of each invalidation, the database, and pauses of a busy machine. A
 * call that waits for an unreachable cache takes far longer.
 */
const BOUND_MS = 1_500;

const outages: Record<string, (server: RedisServer) => Promise<void>> = {
  async killed(server) {
    await server.kill();
    await sleep(OUTAGE_MS);
    await server.start();
  },
  async frozen(server) {
    server.freeze();
    await sleep(OUTAGE_MS);
    server.thaw();
  },
  async 'frozen for less than the breaker takes to open'(server) {
    server.freeze();
    await sleep(CALM_MS);
    server.thaw();
  },
  async flushed(server) {
    for (let flush = 0; flush < 20; flush += 1) {
      await server.command('FLUSHALL');
      await sleep(20);
    }
  },
  async 'without its scripts'(server) {
    await server.command('SCRIPT', 'FLUSH');
    await sleep(CALM_MS);
  },
};

for (const [name, disturb] of Object.entries(outages)) {
  test(`Redis ${name} under load: every result is in time, and none is older than an acknowledged write`, async () => {
    const server = await startRedis();
    onTestFinished(() => server.stop());
    const { database, users } = await useUsers(20);
    const [probe = '', ...busy] = users;
    const instances = [
      useInstance(database, server.settings),
      useInstance(database, server.settings),
    ];
    await untilCached(instances, probe);
    const load = startLoad(instances, busy);
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        await sleep(CALM_MS);
        await disturb(server);
        await untilCached(instances, probe);
      }
      await sleep(CALM_MS);
    } finally {
      await load.end();
    }
    expect(load.failures).toEqual([]);
    expect(load.stale).toEqual([]);
    expect(load.slowestMs()).toBeLessThan(BOUND_MS);
    expect(load.reads()).toBeGreaterThan(100 * ROUNDS);
    expect(load.writes()).toBeGreaterThan(10 * ROUNDS);
    for (const { reader } of instances) {
      for (const id of users) {
        expect(await reader.findById(id)).toEqual(await instances[0]?.reader.findById(id));
      }
    }
  });
}

test('Redis evicting at 2 MB under load: results stay correct', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const { database, users } = await useUsers(20);
  const instances = [
    useInstance(database, server.settings),
    useInstance(database, server.settings),
  ];
  await untilCached(instances, users[0] ?? '');
  const load = startLoad(instances, users);
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      expect(await evictAt2Mb([server], server.settings)).toBeGreaterThan(100);
      await untilCached(instances, users[0] ?? '');
    }
  } finally {
    await load.end();
  }
  expect(load.failures).toEqual([]);
  expect(load.stale).toEqual([]);
});

test('a full Redis without eviction accepts invalidations, and reads go to the database', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const { database, users } = await useUsers(2);
  const [known = '', unknown = ''] = users;
  const instance = useInstance(database, server.settings);
  await untilCached([instance], known);
  await server.command('CONFIG', 'SET', 'maxmemory', '1');
  const version = await instance.rename(known);
  expect((await instance.reader.findById(known))?.version).toBe(version);
  expect((await instance.reader.findById(unknown))?.version).toBe(1);
  expect(instance.redis.stats()).toMatchObject({ breakerOpen: false });
  await server.command('CONFIG', 'SET', 'maxmemory', '0');
  await untilCached([instance], known);
  expect((await instance.reader.findById(known))?.version).toBe(version);
});

test('a look-up that queues behind an older one in a frozen Redis returns no value from before a write', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const { database, users } = await useUsers(2);
  const [id = '', other = ''] = users;
  const writer = useInstance(database, server.settings);
  const reader = useInstance(database, server.settings);
  await untilCached([writer, reader], id);
  for (let round = 0; round < 5; round += 1) {
    await untilCached([reader], id);
    server.freeze();
    await reader.reader.findById(other);
    const version = await writer.rename(id);
    const reading = reader.reader.findById(id);
    // The look-up is on the wire before the server resumes.
    await sleep(10);
    server.thaw();
    expect((await reading)?.version).toBe(version);
  }
});

test('Redis is down at the start: results come from the database, and from Redis once it runs', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  await server.kill();
  const { database, users } = await useUsers(1);
  const [id = ''] = users;
  const instance = useInstance(database, server.settings);
  for (let read = 0; read < 20; read += 1) {
    expect((await instance.reader.findById(id))?.id).toBe(id);
  }
  await expect(instance.redis.health.check(AbortSignal.timeout(1_000))).rejects.toThrow();
  const version = await instance.rename(id);
  await server.start();
  await untilCached([instance], id);
  expect((await instance.reader.findById(id))?.version).toBe(version);
  await instance.redis.health.check(AbortSignal.timeout(1_000));
});

test('an undelivered invalidation is delivered once the connection is back', async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const proxy = await startTcpProxy({ targetPort: server.port });
  onTestFinished(() => proxy.stop());
  const { database, users } = await useUsers(1);
  const [id = ''] = users;
  const cut = useInstance(database, redisSettings({ port: proxy.port }));
  const other = useInstance(database, server.settings);
  await untilCached([cut, other], id);
  proxy.refuse(true);
  proxy.dropAll();
  const version = await cut.rename(id);
  expect((await cut.reader.findById(id))?.version).toBe(version);
  proxy.refuse(false);
  await eventually(async () => expect((await other.reader.findById(id))?.version).toBe(version));
});
