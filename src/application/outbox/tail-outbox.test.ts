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

test('returns a late event once, and no event twice', async () => {
  const { log, commit } = createLog();
  const tail = createOutboxTail({ log, monotonicMs: () => 0, afterPosition: 0 });
  commit(1, 2, 4, 6);
  expect(positions(await tail.next())).toEqual([1, 2, 4, 6]);
  commit(5);
  expect(positions(await tail.next())).toEqual([5]);
  commit(3, 7);
  expect(positions(await tail.next())).toEqual([3, 7]);
  expect(await tail.next()).toEqual([]);
});

test('stops watching a gap once no transaction can be that old', async () => {
  const { log, commit } = createLog();
  let nowMs = 0;
  const tail = createOutboxTail({
    log,
    monotonicMs: () => nowMs,
    afterPosition: 0,
    gapMs: 100,
  });
  commit(2, 5);
  expect(positions(await tail.next())).toEqual([2, 5]);
  nowMs = 100;
  await tail.next();
  commit(1, 6);
  expect(positions(await tail.next())).toEqual([6]);
});

test('reads past any number of returned events while a gap is open', async () => {
  const { log, commit } = createLog();
  const tail = createOutboxTail({ log, monotonicMs: () => 0, afterPosition: 0 });
  commit(...Array.from({ length: 2_000 }, (_, index) => index + 2));
  let count = 0;
  for (let round = 0; round < 4; round += 1) count += (await tail.next()).length;
  expect(count).toBe(2_000);
  commit(3_000);
  expect(positions(await tail.next())).toEqual([3_000]);
});

test('stops watching a gap at once when events of a later time show that it is old', async () => {
  const { log, commitAt, reads } = createLog();
  const tail = createOutboxTail({ log, monotonicMs: () => 0, afterPosition: 0 });
  // An outbox from which old events were deleted, with gaps of rolled-back transactions.
  commitAt(0, ...Array.from({ length: 5_000 }, (_, index) => 100_000 + 2 * index));
  commitAt(60_000, 200_000);
  let count = 0;
  for (let round = 0; round < 11; round += 1) count += (await tail.next()).length;
  expect(count).toBe(5_001);
  const before = reads();
  await tail.next();
  expect(reads() - before).toBeLessThanOrEqual(2);
  commitAt(60_000, 100_001, 199_999);
  expect(positions(await tail.next())).toEqual([199_999]);
});

test('can be continued by another tail from its checkpoint, without a missing event', async () => {
  const { log, commit } = createLog();
  const tail = createOutboxTail({ log, monotonicMs: () => 0, afterPosition: 0 });
  commit(1, 2, 5);
  await tail.next();
  const afterPosition = tail.checkpoint();
  commit(3);
  const next = createOutboxTail({ log, monotonicMs: () => 0, afterPosition });
  expect(positions(await next.next())).toEqual([3, 5]);
});

test('returns a late event before later events of its user', async () => {
  const { log, commit } = createLog();
  const late: typeof log = {
    list: async (after, limit) => {
      const page = await log.list(after, limit);
      if (after === 2) commit(1, 3);
      return page;
    },
  };
  const tail = createOutboxTail({ log: late, monotonicMs: () => 0, afterPosition: 0 });
  commit(2);
  await tail.next();
  expect(positions(await tail.next())).toEqual([1]);
  expect(positions(await tail.next())).toEqual([3]);
});
