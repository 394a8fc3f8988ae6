import { join } from 'node:path';
import { type UserService, unwrap, userService } from '@user-service/client';
import { type RunningUserService, startUserService } from '@user-service/client/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..');
let service: RunningUserService;
let client: UserService;

beforeAll(async () => {
  service = await startUserService({ program: join(root, 'bin', 'user-service.cjs') });
  const { key } = await service.createServiceAccount();
  client = userService({ url: service.url, key });
});
afterAll(() => service.stop());

test('a user is read, changed at the version that was read, and found in a list', async () => {
  const { id, email } = await service.addUser({ first_name: 'Ada' });
  const read = unwrap(await client.users.get(id));
  expect(read).toMatchObject({ id, email, first_name: 'Ada', version: 1 });
  const changed = await client.users.update(id, { first_name: 'Eve' }, { ifVersion: read.version });
  expect(unwrap(changed)).toMatchObject({ first_name: 'Eve', version: 2 });
  const again = await client.users.update(id, { first_name: 'Bo' }, { ifVersion: read.version });
  expect(again).toMatchObject({ ok: false, problem: { code: 'version_mismatch', status: 412 } });
  const ids = [];
  for await (const user of client.users.list({ limit: 1 })) ids.push(user.id);
  expect(ids).toContain(id);
});

test('batches take any number of ids, and leave out those of no user', async () => {
  const users = [await service.addUser(), await service.addUser()];
  const unknown = Array.from({ length: 1_100 }, () => crypto.randomUUID());
  const profiles = unwrap(await client.profiles.byId([...users.map(({ id }) => id), ...unknown]));
  expect([...profiles.keys()].sort()).toEqual(users.map(({ id }) => id).sort());
});

test('an invalid field is named with its rule', async () => {
  const { id } = await service.addUser();
  const reply = await client.users.update(id, { email: 'nobody' });
  expect(reply).toMatchObject({
    ok: false,
    problem: { code: 'validation_failed', errors: [{ pointer: '/email', code: 'email_invalid' }] },
  });
});
