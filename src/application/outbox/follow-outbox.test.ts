import { expect, test } from 'vitest';
import type { LoggedEvent, OutboxLog } from '../../domain/outbox/outbox-queue.ts';
import { createOutboxFollower } from './follow-outbox.ts';

function createLog() {
  const visible = new Map<number, LoggedEvent>();
  const log: Pick<OutboxLog, 'list'> = {
    list: async (after, limit) =>
      [...visible.values()]
        .filter(({ position }) => position > after)
        .sort((one, other) => one.position - other.position)
        .slice(0, limit),
  };
  const commit = (...positions: number[]): void => {
    for (const position of positions) {
      visible.set(position, {
        position,
        id: `event ${position}`,
        event: { type: 'user.deleted', userId: 'user', userVersion: position, data: {} },
        time: new Date(0),
        requestId: 'request-1',
      });
    }
  };
  return { log, commit };
}

const positions = (events: readonly LoggedEvent[]) => events.map(({ position }) => position);

test('gives what commits late, once, and nothing twice', async () => {
  const { log, commit } = createLog();
  const follower = createOutboxFollower({ log, monotonicMs: () => 0, afterPosition: 0 });
  commit(1, 2, 4, 6);
  expect(positions(await follower.next())).toEqual([1, 2, 4, 6]);
  commit(5);
  expect(positions(await follower.next())).toEqual([5]);
  commit(3, 7);
  expect(positions(await follower.next())).toEqual([3, 7]);
  expect(await follower.next()).toEqual([]);
});

test('gives a gap up once no transaction can be that old', async () => {
  const { log, commit } = createLog();
  let nowMs = 0;
  const follower = createOutboxFollower({
    log,
    monotonicMs: () => nowMs,
    afterPosition: 0,
    gapMs: 100,
  });
  commit(2, 5);
  expect(positions(await follower.next())).toEqual([2, 5]);
  nowMs = 100;
  await follower.next();
  commit(1, 6);
  expect(positions(await follower.next())).toEqual([6]);
});

test('reads past any number of events that it gave while a gap is open', async () => {
  const { log, commit } = createLog();
  const follower = createOutboxFollower({ log, monotonicMs: () => 0, afterPosition: 0 });
  commit(...Array.from({ length: 2_000 }, (_, index) => index + 2));
  let count = 0;
  for (let round = 0; round < 4; round += 1) count += (await follower.next()).length;
  expect(count).toBe(2_000);
  commit(3_000);
  expect(positions(await follower.next())).toEqual([3_000]);
});
