import { expect, onTestFinished, test } from 'vitest';
import { startRedisSentinels } from '../../support/redis-server.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { untilCached, useInstance, useUsers } from './redis-support.ts';

test('after a failover announced while instances ask a slow sentinel for the primary, every instance reconnects', async () => {
  const { primary, replica, settings, untilPrimary, stop } = await startRedisSentinels();
  onTestFinished(stop);
  const [first = '', ...others] = settings.sentinels;
  const proxy = await startTcpProxy({ targetPort: Number(first.split(':')[1]) });
  onTestFinished(() => proxy.stop());
  const slow = { ...settings, sentinels: [`127.0.0.1:${proxy.port}`, ...others] };
  const { database, users } = await useUsers(1);
  const [user = ''] = users;
  const instances = Array.from({ length: 4 }, () => useInstance(database, slow));
  await untilCached(instances, user);
  proxy.pause();
  await primary.kill();
  await untilPrimary(replica);
  proxy.resume();
  await untilCached(instances, user);
  for (const { redis } of instances) expect(redis.stats().breakerOpen).toBe(false);
});
