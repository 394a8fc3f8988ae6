import { expect, test } from 'vitest';
import type { LoggedEvent, OutboxLog } from '../../domain/outbox/outbox-queue.ts';
import { createInvalidateChangedUsers } from './invalidate-changed-users.ts';

const COPY_TTL_MS = 300_000;

/** An outbox, and who was forgotten. */
function createSetting() {
  const rows: (LoggedEvent & { readonly ageMs: number })[] = [];
  const forgotten: string[] = [];
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
    forget: async (id) => void forgotten.push(id),
    copyTtlMs: COPY_TTL_MS,
  });
  return { commit, run, forgotten };
}

test('forgets every user once whose row was changed since the last run, and nobody for a session', async () => {
  const { commit, run, forgotten } = createSetting();
  await run();
  for (const user of ['a', 'b', 'a']) commit(user);
  commit('c', 0, 'session.started');
  await run();
  expect(forgotten).toEqual(['a', 'b']);
  await run();
  expect(forgotten).toEqual(['a', 'b']);
  commit('a', 0, 'user.deleted');
  await run();
  expect(forgotten).toEqual(['a', 'b', 'a']);
});

test('begins as far back as a copy can live', async () => {
  const { commit, run, forgotten } = createSetting();
  commit('long ago', COPY_TTL_MS * 2);
  commit('lately', COPY_TTL_MS - 1);
  await run();
  expect(forgotten).toEqual(['lately']);
});

test('works a long backlog off over several runs', async () => {
  const { commit, run, forgotten } = createSetting();
  for (let index = 0; index < 12_000; index += 1) commit(`user ${index}`);
  await run();
  expect(forgotten).toHaveLength(10_000);
  await run();
  expect(forgotten).toHaveLength(12_000);
});
