import { expect, test } from 'vitest';
import type { LoggedEvent, OutboxLog } from '../../domain/outbox/outbox-queue.ts';
import { createOutboxTail } from './tail-outbox.ts';

function createLog() {
  const visible = new Map<number, LoggedEvent>();
  let reads = 0;
  const log: Pick<OutboxLog, 'list'> = {
    list: async (after, limit) => {
      reads += 1;
      return [...visible.values()]
        .filter(({ position }) => position > after)
        .sort((one, other) => one.position - other.position)
        .slice(0, limit);
    },
  };
  const commitAt = (timeMs: number, ...positions: number[]): void => {
    for (const position of positions) {
      visible.set(position, {
        position,
        id: `event ${position}`,
        event: { type: 'user.deleted', userId: 'user', userVersion: position, data: {} },
        time: new Date(timeMs),
        requestId: 'request-1',
      });
    }
  };
  const commit = (...positions: number[]): void => commitAt(0, ...positions);
  return { log, commit, commitAt, reads: () => reads };
}

const positions = (events: readonly LoggedEvent[]) => events.map(({ position }) => position);

test('gives what commits late, once, and nothing twice', async () => {
  const { log, commit } = createLog();
  const follower = createOutboxTail({ log, monotonicMs: () => 0, afterPosition: 0 });
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
  const follower = createOutboxTail({
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
  const follower = createOutboxTail({ log, monotonicMs: () => 0, afterPosition: 0 });
  commit(...Array.from({ length: 2_000 }, (_, index) => index + 2));
  let count = 0;
  for (let round = 0; round < 4; round += 1) count += (await follower.next()).length;
  expect(count).toBe(2_000);
  commit(3_000);
  expect(positions(await follower.next())).toEqual([3_000]);
});

test('gives a gap up at once where events of a later time show that it is old', async () => {
  const { log, commitAt, reads } = createLog();
  const follower = createOutboxTail({ log, monotonicMs: () => 0, afterPosition: 0 });
  // As in an outbox that is cleaned from its beginning and has seen transactions rolled back.
  commitAt(0, ...Array.from({ length: 5_000 }, (_, index) => 100_000 + 2 * index));
  commitAt(60_000, 200_000);
  let count = 0;
  for (let round = 0; round < 11; round += 1) count += (await follower.next()).length;
  expect(count).toBe(5_001);
  const before = reads();
  await follower.next();
  expect(reads() - before).toBeLessThanOrEqual(2);
  commitAt(60_000, 100_001, 199_999);
  expect(positions(await follower.next())).toEqual([199_999]);
});

test('can be gone on with by another one that misses nothing', async () => {
  const { log, commit } = createLog();
  const follower = createOutboxTail({ log, monotonicMs: () => 0, afterPosition: 0 });
  commit(1, 2, 5);
  await follower.next();
  const afterPosition = follower.checkpoint();
  commit(3);
  const next = createOutboxTail({ log, monotonicMs: () => 0, afterPosition });
  expect(positions(await next.next())).toEqual([3, 5]);
});

test('gives what came late before what its user did later', async () => {
  const { log, commit } = createLog();
  const late: typeof log = {
    list: async (after, limit) => {
      const page = await log.list(after, limit);
      if (after === 2) commit(1, 3);
      return page;
    },
  };
  const follower = createOutboxTail({ log: late, monotonicMs: () => 0, afterPosition: 0 });
  commit(2);
  await follower.next();
  expect(positions(await follower.next())).toEqual([1]);
  expect(positions(await follower.next())).toEqual([3]);
});
