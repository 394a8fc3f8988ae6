import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createWorld, startRelayIn } from '../../../test/support/relay-world.ts';
import type { EventStream } from '../../domain/outbox/event-stream.ts';
import type { ClaimedEvents, OutboxQueue } from '../../domain/outbox/outbox-queue.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A relay that nothing but notifications and its pauses wake, and what it asked of its queue. */
async function start(pauses: { claimEveryMs?: number; gatherMs?: number }) {
  const parts = createWorld();
  const claims: (readonly string[])[] = [];
  const marks: (readonly string[])[] = [];
  /** What the next claims return instead. */
  const instead: ClaimedEvents[] = [];
  const queue: OutboxQueue = {
    ...parts.queue,
    async claim(...request) {
      const claimed = instead.shift() ?? (await parts.queue.claim(...request));
      claims.push(claimed.events.map(({ id }) => id));
      return claimed;
    },
    async markPublished(lease, events, known) {
      if (events.length > 0) marks.push(events.map(({ id }) => id));
      return parts.queue.markPublished(lease, events, known);
    },
  };
  /** How long the broker takes for its next acknowledgements. */
  const slow = { ms: 0 };
  const stream: EventStream = {
    ...parts.stream,
    async add(...request) {
      const place = await parts.stream.add(...request);
      if (slow.ms > 0) await new Promise((resolve) => setTimeout(resolve, slow.ms));
      return place;
    },
  };
  const settings = { pollMs: 60_000, reconcileEveryMs: 60_000, ...pauses };
  const relay = startRelayIn({ queue, stream }, settings);
  await advance(1_000);
  claims.length = 0;
  const commit = (user: string, id: string): void => {
    parts.world.commit(user, id);
    relay.notify();
  };
  return { world: parts.world, claims, marks, instead, slow, commit };
}

test('claims a change at once after a pause', async () => {
  const { world, claims, commit } = await start({ claimEveryMs: 100 });
  commit('a', 'a1');
  await advance(0);
  expect([world.added, claims]).toEqual([['a1'], [['a1']]]);
});

test('claims changes together that follow soon after a claim', async () => {
  const { claims, commit } = await start({ claimEveryMs: 100 });
  for (const user of ['a', 'b', 'c', 'd']) {
    commit(user, `${user}1`);
    await advance(10);
  }
  expect(claims).toEqual([['a1']]);
  await advance(100);
  expect(claims).toEqual([['a1'], ['b1', 'c1', 'd1']]);
});

test('marks the events of several claims together, and claims nothing after it', async () => {
  const { claims, marks, commit } = await start({ claimEveryMs: 10, gatherMs: 100 });
  for (const user of ['a', 'b', 'c']) {
    commit(user, `${user}1`);
    await advance(20);
  }
  expect([claims.length, marks]).toEqual([3, []]);
  await advance(1_000);
  expect([claims.length, marks]).toEqual([3, [['a1', 'b1', 'c1']]]);
});

test('marks the event of a user at once when its next one waits, and sends that', async () => {
  const { world, marks, commit } = await start({ claimEveryMs: 10, gatherMs: 30_000 });
  commit('a', 'a1');
  await advance(20);
  expect(marks).toEqual([]);
  commit('a', 'a2');
  await advance(20);
  expect([world.added, marks]).toEqual([['a1', 'a2'], [['a1']]]);
});

test('marks at once as well when the rest of a lap says nothing about the users before', async () => {
  const { world, instead, slow, commit } = await start({ claimEveryMs: 10, gatherMs: 30_000 });
  slow.ms = 50;
  commit('a', 'a1');
  await advance(20);
  const nothing = { events: [], passedBusy: false };
  instead.push({ ...nothing, next: 'held' }, { ...nothing, next: null });
  commit('a', 'a2');
  await advance(200);
  expect(world.added).toEqual(['a1', 'a2']);
});

test('looks for changes of which no notification came', async () => {
  const { world } = await start({});
  world.commit('a', 'a1');
  await advance(60_000);
  expect(world.added).toEqual(['a1']);
});
