import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { RedisSettings } from '../../../src/infrastructure/cache/redis-client.ts';
import { eventually } from '../../support/eventually.ts';
import {
  type RedisServer,
  startRedisCluster,
  startRedisSentinels,
} from '../../support/redis-server.ts';
import { evictAt2Mb, startLoad, untilCached, useInstance, useUsers } from './redis-support.ts';

/** Set `FAULT_ROUNDS=10` for a long run. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? '1');
const BOUND_MS = 1_500;
const OUTAGE_MS = 4_000;
const CALM_MS = 300;
/** Sentinels do not replace a new primary for several seconds, and take as long to make the old one a replica. */
const TIMEOUT_MS = 60_000 + 30_000 * ROUNDS;

/** Runs two instances under load, and expects that a repeated disturbance causes no error, late or stale result. */
async function expectUnnoticed(
  settings: RedisSettings,
  disturb: (round: number) => Promise<void>,
): Promise<void> {
  const { database, users } = await useUsers(30);
  const [probe = '', ...busy] = users;
  const instances = [useInstance(database, settings), useInstance(database, settings)];
  await untilCached(instances, probe);
  const load = startLoad(instances, busy);
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(CALM_MS);
      await disturb(round);
      for (const id of users) await untilCached(instances, id);
      await sleep(CALM_MS);
    }
  } finally {
    await load.end();
  }
  expect(load.failures).toEqual([]);
  expect(load.stale).toEqual([]);
  expect(load.slowestMs()).toBeLessThan(BOUND_MS);
}

/** Waits for a primary with a replica in sync. On a busy machine the sentinels may have swapped the two already. */
async function findRoles(
  servers: readonly [RedisServer, RedisServer],
): Promise<readonly [RedisServer, RedisServer]> {
  const isReplica = async (server: RedisServer): Promise<boolean> =>
    /role:slave[\s\S]*master_link_status:up/.test(
      String(await server.command('INFO', 'replication')),
    );
  return await eventually(
    async () => {
      const [one, other] = servers;
      if (await isReplica(other)) return [one, other] as const;
      if (await isReplica(one)) return [other, one] as const;
      throw new Error('neither replicates the other');
    },
    { timeoutMs: 30_000, what: 'a primary and its replica' },
  );
}

for (const how of ['killed', 'frozen'] as const) {
  test(
    `sentinels replace a ${how} primary under load: results are in time, and none is stale`,
    async () => {
      const { primary, replica, settings, untilPrimary, stop } = await startRedisSentinels();
      onTestFinished(stop);
      await expectUnnoticed(settings, async () => {
        const [old, next] = await findRoles([primary, replica]);
        if (how === 'killed') await old.kill();
        else old.freeze();
        await untilPrimary(next);
        if (how === 'killed') await old.start();
        else old.thaw();
      });
    },
    TIMEOUT_MS,
  );

  test(
    `one node of a cluster is ${how} under load: results are in time, and none is stale`,
    async () => {
      const { nodes, settings, stop } = await startRedisCluster();
      onTestFinished(stop);
      await expectUnnoticed(settings, async (round) => {
        const node = nodes[(round + 1) % nodes.length] as RedisServer;
        if (how === 'killed') await node.kill();
        else node.freeze();
        await sleep(OUTAGE_MS);
        if (how === 'killed') await node.start();
        else node.thaw();
      });
    },
    TIMEOUT_MS,
  );
}

const places = {
  async 'behind sentinels'() {
    const { primary, settings, stop } = await startRedisSentinels();
    return { servers: [primary], settings, stop };
  },
  async 'in a cluster'() {
    const { nodes, settings, stop } = await startRedisCluster();
    return { servers: nodes, settings, stop };
  },
};

for (const [place, start] of Object.entries(places)) {
  test(`Redis flushed ${place} under load: results are in time, and none is stale`, async () => {
    const { servers, settings, stop } = await start();
    onTestFinished(stop);
    await expectUnnoticed(settings, async () => {
      for (let flush = 0; flush < 20; flush += 1) {
        for (const server of servers) await server.command('FLUSHALL');
        await sleep(20);
      }
    });
  });

  test(`Redis evicting at 2 MB ${place} under load: results are in time, and none is stale`, async () => {
    const { servers, settings, stop } = await start();
    onTestFinished(stop);
    await expectUnnoticed(settings, async () => {
      expect(await evictAt2Mb(servers, settings)).toBeGreaterThan(100);
    });
  });
}
