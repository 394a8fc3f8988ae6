import { expect, onTestFinished, test } from 'vitest';
import { untilCached, useInstance, useUsers } from '../../faults/cache/redis-support.ts';
import { startRedis } from '../../support/redis-server.ts';

/** What version 0.2 stores under the keys of a user. */
const storedByOldBuild = (id: string): Readonly<Record<string, string>> => ({
  [`test:user:${id}`]: `v${JSON.stringify(['3.aqy06n', id, 'Old', 'Name', 'old@mail.example', null, false, 'active', 9, 0, 0])}`,
  [`test:profile:${id}`]: `v2 ${id} 3 OldName`,
});

async function useServerWithUser() {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const { database, users } = await useUsers(1);
  return { server, id: users[0] ?? '', instance: useInstance(database, server.settings) };
}

test('a value of the version before is neither read nor replaced, and a change deletes it', async () => {
  const { server, id, instance } = await useServerWithUser();
  const values = storedByOldBuild(id);
  for (const [key, value] of Object.entries(values)) await server.command('SET', key, value);
  for (let read = 0; read < 2; read += 1) {
    expect(await instance.reader.findUserText(id)).toMatchObject({ version: 1 });
    const [profile] = await instance.reader.listPublicProfileTexts([id]);
    expect(JSON.parse(profile ?? 'null').first_name).not.toBe('Old');
  }
  for (const [key, value] of Object.entries(values)) {
    expect(await server.command('GET', key)).toBe(value);
  }
  expect(await instance.rename(id)).toBe(2);
  for (const key of Object.keys(values)) expect(await server.command('EXISTS', key)).toBe(0);
});

test('the keys that the version before deletes after its changes hold all that is cached of a user', async () => {
  const { server, id, instance } = await useServerWithUser();
  await untilCached([instance], id);
  await instance.reader.listPublicProfileTexts([id]);
  const keys = Object.keys(storedByOldBuild(id));
  expect([...((await server.command('KEYS', '*')) as string[])].sort()).toEqual([...keys].sort());
  const before = instance.redis.stats().hits;
  await server.command('DEL', ...keys);
  await instance.reader.findUserText(id);
  await instance.reader.listPublicProfileTexts([id]);
  expect(instance.redis.stats().hits).toBe(before);
});
