import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type RedisServer, redisSettings, startRedis } from '../../support/redis-server.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { untilCached, useInstance, useUsers } from './redis-support.ts';

const HELD_MS = 2_000;

/** Number of scripts that the server has run. */
async function countScripts(server: RedisServer): Promise<number> {
  const stats = String(await server.command('INFO', 'commandstats'));
  const calls = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)];
  return calls.reduce((sum, [, count]) => sum + Number(count), 0);
}

const between: Record<string, (server: RedisServer, key: string) => Promise<unknown>> = {
  nothing: async () => undefined,
  'an eviction': (server, key) => server.command('DEL', key),
  'a flush': (server) => server.command('FLUSHALL'),
};

for (const [name, interfere] of Object.entries(between)) {
  for (const isReadBefore of [true, false]) {
    const reader = isReadBefore ? 'another instance fills in the new value' : 'no instance reads';
    test(`a fill held back for 2 s, with ${name} in between while ${reader}, never restores the old value`, async () => {
      const server = await startRedis();
      onTestFinished(() => server.stop());
      const proxy = await startTcpProxy({ targetPort: server.port });
      onTestFinished(() => proxy.stop());
      const { database, users } = await useUsers(2);
      const [id = '', probe = ''] = users;
      let hold = false;
      const slow = useInstance(database, redisSettings({ port: proxy.port }), {
        async afterLoad() {
          if (hold) proxy.pause();
          hold = false;
        },
      });
      const fast = useInstance(database, server.settings);
      await untilCached([slow, fast], probe);

      hold = true;
      expect((await slow.reader.findById(id))?.version).toBe(1);
      expect(await fast.rename(id)).toBe(2);
      await interfere(server, `test:user:${id}`);
      if (isReadBefore) {
        expect((await fast.reader.findById(id))?.version).toBe(2);
        await untilCached([fast], id);
      }
      await sleep(HELD_MS);
      const before = await countScripts(server);
      proxy.resume();
      await eventually(async () => expect(await countScripts(server)).toBeGreaterThan(before));
      for (let read = 0; read < 20; read += 1) {
        expect((await fast.reader.findById(id))?.version).toBe(2);
        expect((await slow.reader.findById(id))?.version).toBe(2);
      }
      await untilCached([slow, fast], id);
      expect((await slow.reader.findById(id))?.version).toBe(2);
    });
  }
}
