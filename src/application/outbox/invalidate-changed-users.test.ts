import { expect, test } from 'vitest';
import type { LoggedEvent, OutboxLog } from '../../domain/outbox/outbox-queue.ts';
import { createInvalidateChangedUsers } from './invalidate-changed-users.ts';

const COPY_TTL_MS = 300_000;

/** An outbox in memory, and the ids of the invalidated users. */
function createSetting() {
  const rows: (LoggedEvent & { readonly ageMs: number })[] = [];
  const invalidated: string[] = [];
  const log: OutboxLog = {
    findLastPosition: async () => rows.length,
    findPositionBefore: async (ageMs) =>
      Math.max(0, ...rows.filter((row) => row.ageMs > ageMs).map(({ position }) => position)),
    list: async (after, limit) => rows.filter(({ position }) => position > after).slice(0, limit),
  };
  function commit(userId: string, ageMs = 0, type = 'user.updated'): void {
    rows.push({
      position: rows.length + 1,
      ageMs,
      id: `event ${rows.length}`,
      event: { type, userId, userVersion: 1, data: {} } as LoggedEvent['event'],
      time: new Date(0),
      requestId: 'request-1',
    });
  }
  const run = createInvalidateChangedUsers({
    log,
    monotonicMs: () => 0,
    invalidateUser: async (id) => void invalidated.push(id),
    copyTtlMs: COPY_TTL_MS,
  });
  return { commit, run, invalidated };
}

test('invalidates each user once whose row changed since the last run, and no user for a session event', async () => {
  const { commit, run, invalidated } = createSetting();
  await run();
  for (const user of ['a', 'b', 'a']) commit(user);
  commit('c', 0, 'session.started');
  await run();
  expect(invalidated).toEqual(['a', 'b']);
  await run();
  expect(invalidated).toEqual(['a', 'b']);
  commit('a', 0, 'user.deleted');
  await run();
  expect(invalidated).toEqual(['a', 'b', 'a']);
});

test('starts at the age of the oldest possible copy', async () => {
  const { commit, run, invalidated } = createSetting();
  commit('too old', COPY_TTL_MS * 2);
  commit('recent', COPY_TTL_MS - 1);
  await run();
  expect(invalidated).toEqual(['recent']);
});

test('processes a long backlog in several runs', async () => {
  const { commit, run, invalidated } = createSetting();
  for (let index = 0; index < 12_000; index += 1) commit(`user ${index}`);
  await run();
  expect(invalidated).toHaveLength(10_000);
  await run();
  expect(invalidated).toHaveLength(12_000);
});
