import { expect, test } from 'vitest';
import { callerWith } from '../../../test/support/ports.ts';
import type { UserPage } from '../../domain/user/user-repository.ts';
import { createSemaphore } from '../../lib/semaphore.ts';
import { createListUsers } from './list-users.ts';

const caller = callerWith({ kind: 'service', accountId: 'service 1', scopes: ['users:read'] });
const page = { afterId: null, limit: 50 };
const empty: UserPage = { users: [], nextAfterId: null };

test('searches beyond the limit are refused with a time to retry, and lists are not counted', async () => {
  const finish: (() => void)[] = [];
  const listUsers = createListUsers({
    users: {
      findByEmail: async () => null,
      list: async () => empty,
      search: () => new Promise((resolve) => finish.push(() => resolve(empty))),
    },
    profileRules: { email: {} as never },
    searches: createSemaphore({ maxConcurrent: 2, waitMs: 0, maxWaiting: 0 }),
  });
  const search = () => listUsers(caller, { kind: 'search', text: 'ann', page });
  const running = [search(), search()];
  await expect(search()).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
  expect(finish).toHaveLength(2);
  expect(await listUsers(caller, { kind: 'all', page })).toEqual(empty);
  for (const done of finish) done();
  await Promise.all(running);
  const next = search();
  await expect.poll(() => finish.length).toBe(3);
  finish.at(-1)?.();
  expect(await next).toEqual(empty);
});

test('a failed search gives its place back', async () => {
  const failure = new Error('the database is away');
  const listUsers = createListUsers({
    users: {
      findByEmail: async () => null,
      list: async () => empty,
      search: () => Promise.reject(failure),
    },
    profileRules: { email: {} as never },
    searches: createSemaphore({ maxConcurrent: 1, waitMs: 0, maxWaiting: 0 }),
  });
  for (let index = 0; index < 3; index += 1) {
    await expect(listUsers(caller, { kind: 'search', text: 'ann', page })).rejects.toBe(failure);
  }
});
