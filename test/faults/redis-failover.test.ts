import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { RedisSettings } from '../../src/infrastructure/cache/redis-client.ts';
import {
  type RedisServer,
  startRedisCluster,
  startRedisSentinels,
} from '../support/redis-server.ts';
import { startLoad, untilCached, useInstance, useUsers } from './redis-support.ts';

const BOUND_MS = 1_500;
const OUTAGE_MS = 4_000;
const CALM_MS = 300;

/** Two instances read and write while something happens, and see nothing of it. */
async function expectUnnoticed(settings: RedisSettings, work: () => Promise<void>): Promise<void> {
  const { database, users } = await useUsers(30);
  const [probe = '', ...busy] = users;
  const instances = [useInstance(database, settings), useInstance(database, settings)];
  await untilCached(instances, probe);
  const load = startLoad(instances, busy);
  try {
    await sleep(CALM_MS);
    await work();
    for (const id of users) await untilCached(instances, id);
    await sleep(CALM_MS);
  } finally {
    await load.end();
  }
  expect(load.failures).toEqual([]);
  expect(load.stale).toEqual([]);
  expect(load.slowestMs()).toBeLessThan(BOUND_MS);
}

for (const how of ['killed', 'frozen'] as const) {
  test(`sentinels replace a ${how} primary under load: answers come in time, and none is stale`, async () => {
    const { primary, replica, settings, untilPrimary, stop } = await startRedisSentinels();
    onTestFinished(stop);
    await expectUnnoticed(settings, async () => {
      if (how === 'killed') await primary.kill();
      else primary.freeze();
      await untilPrimary(replica);
      if (how === 'killed') await primary.start();
      else primary.thaw();
    });
  });

  test(`one node of a cluster is ${how} under load: answers come in time, and none is stale`, async () => {
    const { nodes, settings, stop } = await startRedisCluster();
    onTestFinished(stop);
    const [, second] = nodes as [RedisServer, RedisServer];
    await expectUnnoticed(settings, async () => {
      if (how === 'killed') await second.kill();
      else second.freeze();
      await sleep(OUTAGE_MS);
      if (how === 'killed') await second.start();
      else second.thaw();
    });
  });
}
