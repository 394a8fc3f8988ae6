import { expect, test } from 'vitest';
import { createWorld, startRelayIn as start } from '../../../test/support/relay-world.ts';
import {
  EventRefused,
  type EventStream,
  OutcomeUnknown,
  StreamConflict,
} from '../../domain/outbox/event-stream.ts';
import { LeaseLost, type OutboxQueue } from '../../domain/outbox/outbox-queue.ts';

test('sends the events of a user in their order, many in one round', async () => {
  const parts = createWorld();
  const { world } = parts;
  let claims = 0;
  const queue: OutboxQueue = {
    ...parts.queue,
    claim: async (...request) => {
      const claimed = await parts.queue.claim(...request);
      if (claimed.events.length > 0) claims += 1;
      return claimed;
    },
  };
  const ids = Array.from({ length: 200 }, (_, index) => `a${index}`);
  for (const id of ids) world.commit('a', id);
  world.commit('b', 'b1');
  start({ ...parts, queue });
  await expect.poll(() => world.added).toHaveLength(201);
  expect(world.added.filter((id) => id.startsWith('a'))).toEqual(ids);
  expect(claims).toBe(1);
});

test('sends no event of a user before an earlier one that failed on the way', async () => {
  const parts = createWorld();
  const { world } = parts;
  const ids = Array.from({ length: 30 }, (_, index) => `a${index}`);
  for (const id of ids) world.commit('a', id);
  const failures = new Map(ids.map((id, index) => [id, index % 3]));
  world.answer = ({ id }) => {
    const left = failures.get(id) ?? 0;
    failures.set(id, left - 1);
    return left > 0 ? new OutcomeUnknown('no answer') : null;
  };
  const relay = start(parts);
  await expect.poll(() => relay.stats().published).toBe(30);
  expect(world.added).toEqual(ids);
  expect(relay.stats()).toMatchObject({ refused: 0, inFlight: 0 });
});

test('goes through all users, though every claim takes one event', async () => {
  const parts = createWorld();
  const { world } = parts;
  for (const id of ['c1', 'a1', 'b1', 'b2', 'a2']) world.commit(id.charAt(0), id);
  start(parts, { maxInFlight: 1, pollMs: 60_000 });
  await expect.poll(() => world.added).toEqual(['a1', 'b1', 'c1', 'a2', 'b2']);
});

test('sends an unacknowledged event again, without counting an attempt', async () => {
  const parts = createWorld();
  const { world } = parts;
  let failures = 20;
  world.answer = () => {
    failures -= 1;
    return failures > 0 ? new OutcomeUnknown('no answer') : null;
  };
  world.commit('a', 'a1');
  const relay = start(parts);
  await expect.poll(() => world.rows[0]?.published).toBe(1);
  expect(world.rows[0]).toMatchObject({ attempts: 0, deadLetter: false });
  expect(relay.stats()).toMatchObject({ unknown: 19, published: 1, inFlight: 0 });
});

test('claims the events of other users while it marks the last ones', async () => {
  const parts = createWorld();
  for (let user = 0; user < 20; user += 1) parts.world.commit(`user-${user}`, `event-${user}`);
  const claims: ReadonlyMap<string, number>[] = [];
  let marking = 0;
  const queue: OutboxQueue = {
    ...parts.queue,
    claim: (busy, ...request) => {
      if (marking > 0) claims.push(busy);
      return parts.queue.claim(busy, ...request);
    },
    markPublished: async (lease, marks, known) => {
      marking += 1;
      await new Promise((resolve) => setTimeout(resolve, 2));
      const recorded = await parts.queue.markPublished(lease, marks, known);
      marking -= 1;
      return recorded;
    },
  };
  const relay = start({ ...parts, queue }, { maxInFlight: 5 });
  await expect.poll(() => relay.stats().published).toBe(20);
  expect(new Set(parts.world.added).size).toBe(20);
  expect(parts.world.added).toHaveLength(20);
  expect(claims.some((busy) => busy.size > 0)).toBe(true);
});

test('marks the first half of the events in flight while the second half is on its way', async () => {
  const parts = createWorld();
  const { world } = parts;
  for (let user = 0; user < 20; user += 1) world.commit(`user-${user}`, `event-${user}`);
  const late: (() => void)[] = [];
  const stream: EventStream = {
    ...parts.stream,
    add: async (event) => {
      const place = await parts.stream.add(event);
      // Eight may be in flight: the first four are acknowledged once the other slots were used twice.
      if (late.length < 4) await new Promise<void>((resolve) => late.push(resolve));
      else if (world.added.length >= 12) for (const acknowledge of late) acknowledge();
      return place;
    },
  };
  const relay = start({ ...parts, stream }, { maxInFlight: 8, gatherMs: 60_000, pollMs: 60_000 });
  await expect.poll(() => relay.stats().published).toBe(20);
  expect(new Set(world.added).size).toBe(20);
});

test('claims the rest of a user at once after a claim that was made while its events were being marked', async () => {
  const parts = createWorld();
  for (let index = 0; index < 40; index += 1) parts.world.commit('a', `a${index}`);
  const queue: OutboxQueue = {
    ...parts.queue,
    // As the database does: a user whose events are not examined to the end may have more.
    claim: async (busy, limit, after) => {
      const claimed = await parts.queue.claim(busy, limit, after);
      const isCut = after === null && parts.world.rows.some(({ published }) => published === null);
      return { ...claimed, next: isCut ? 'a' : null };
    },
  };
  const relay = start({ ...parts, queue }, { maxInFlight: 8, pollMs: 60_000 });
  await expect.poll(() => relay.stats().published).toBe(40);
  expect(parts.world.added).toHaveLength(40);
});

test('reports the lag of the last event, from its time to its acknowledgement', async () => {
  const parts = createWorld();
  const relay = start(parts);
  expect(relay.stats().lagMs).toBeNull();
  parts.world.commit('a', 'a1', 700);
  await expect.poll(() => relay.stats().lagMs).toBeGreaterThanOrEqual(700);
  expect(relay.stats().lagMs).toBeLessThan(60_000);
});

test('makes a refused event a dead letter after its attempts, and sends the events of other users', async () => {
  const parts = createWorld();
  const { world } = parts;
  world.answer = ({ id }) => (id === 'a1' ? new EventRefused('too large') : null);
  for (const id of ['a1', 'a2', 'b1']) world.commit(id.charAt(0), id);
  const relay = start(parts);
  await expect.poll(() => world.rows[0]?.deadLetter).toBe(true);
  await expect.poll(() => world.added).toEqual(['b1']);
  expect(relay.stats().refused).toBe(3);
});

test('looks for an old event in the stream before it sends it, and marks it where it is found', async () => {
  const parts = createWorld();
  const { world } = parts;
  world.stream = { ...world.stream, lastSequence: 7 };
  world.added.push('a1');
  world.commit('a', 'a1', 31_000);
  start(parts);
  await expect.poll(() => world.rows[0]?.published).toBe(7);
  expect(world.added).toEqual(['a1']);
});

test.each([
  ['was recreated', { created: 'now', lastSequence: 0 }, ['a1', 'a2', 'a3']],
  ['lost its tail', { created: 'then', lastSequence: 1 }, ['a2', 'a3']],
])('sends the lost events again when the stream %s', async (_, change, missing) => {
  const parts = createWorld();
  const { world } = parts;
  for (const id of ['a1', 'a2', 'a3']) world.commit('a', id);
  const relay = start(parts);
  await expect.poll(() => world.rows.every(({ published }) => published !== null)).toBe(true);
  world.added.length = 0;
  world.stream = { ...world.stream, ...change };
  await expect.poll(() => world.added).toEqual(missing);
  expect(relay.stats().resent).toBe(missing.length);
});

test('detects a sequence given twice, and sends the lost events again', async () => {
  const parts = createWorld();
  const { world } = parts;
  for (const id of ['a1', 'a2', 'a3']) world.commit('a', id);
  start(parts);
  await expect.poll(() => world.rows.every(({ published }) => published !== null)).toBe(true);
  world.stream = { ...world.stream, lastSequence: 1 };
  world.added.length = 0;
  world.commit('b', 'b1');
  await expect.poll(() => [...world.added].sort()).toEqual(['a2', 'a3', 'b1']);
  await expect.poll(() => world.rows.every(({ published }) => published !== null)).toBe(true);
});

test('sends one event of a user into a stream that lost its end, and then the lost ones', async () => {
  const parts = createWorld();
  const { world } = parts;
  for (const id of ['a1', 'a2', 'a3']) world.commit('a', id);
  start(parts, { reconcileEveryMs: 60_000 });
  await expect.poll(() => world.rows.every(({ published }) => published !== null)).toBe(true);
  world.stream = { ...world.stream, lastSequence: 1 };
  world.added.length = 0;
  for (const id of ['a4', 'a5', 'a6']) world.commit('a', id);
  await expect.poll(() => world.rows.every(({ published }) => published !== null)).toBe(true);
  expect(world.added).toEqual(['a4', 'a2', 'a3', 'a5', 'a6']);
});

test('does not request a lease that another instance holds when it is notified', async () => {
  const parts = createWorld();
  parts.world.held = false;
  let requests = 0;
  const { acquireLease } = parts.queue;
  const queue: OutboxQueue = {
    ...parts.queue,
    acquireLease: (...lease) => {
      requests += 1;
      return acquireLease(...lease);
    },
  };
  const relay = start({ ...parts, queue }, { standbyMs: 60_000 });
  await expect.poll(() => relay.stats().state).toBe('standby');
  for (let commit = 0; commit < 100; commit += 1) {
    relay.notify();
    await Promise.resolve();
  }
  expect(requests).toBe(1);
});

test('publishes nothing while another instance holds the lease', async () => {
  const parts = createWorld();
  parts.world.held = false;
  parts.world.commit('a', 'a1');
  const relay = start(parts);
  await expect.poll(() => relay.stats().state).toBe('standby');
  expect(parts.world.added).toEqual([]);
  parts.world.held = true;
  await expect.poll(() => parts.world.added).toEqual(['a1']);
});

test('is blocked while the stream conflicts with the configuration, and publishes once that is resolved', async () => {
  const parts = createWorld();
  let conflict = true;
  const stream: EventStream = {
    ...parts.stream,
    prepare: () =>
      conflict ? Promise.reject(new StreamConflict('other subjects')) : parts.stream.prepare(),
  };
  parts.world.commit('a', 'a1');
  const relay = start({ ...parts, stream });
  await expect.poll(() => relay.stats().state).toBe('blocked');
  expect(parts.world.added).toEqual([]);
  conflict = false;
  await expect.poll(() => parts.world.added).toEqual(['a1']);
  expect(relay.stats().state).toBe('publishing');
});

test('marks nothing after it lost the lease, and finds its events in the stream in the next term', async () => {
  const parts = createWorld();
  const { world } = parts;
  let lost = true;
  const queue: OutboxQueue = {
    ...parts.queue,
    markPublished: async (lease, marks, known) => {
      if (lost && marks.length > 0) throw new LeaseLost();
      return await parts.queue.markPublished(lease, marks, known);
    },
  };
  world.commit('a', 'a1', 31_000);
  const relay = start({ ...parts, queue }, { retryMs: 20 });
  await expect.poll(() => world.added).toEqual(['a1']);
  await expect.poll(() => relay.stats().inFlight).toBe(0);
  expect(world.rows[0]?.published).toBeNull();
  lost = false;
  await expect.poll(() => world.rows[0]?.published).toBe(1);
  expect(world.added).toEqual(['a1']);
});

test('searches the stream for lost events when it begins to publish, and after each change of the connection', async () => {
  const parts = createWorld();
  parts.world.stream = { ...parts.world.stream, lastSequence: 7, messages: 7 };
  const recorded = { name: 'USERS', created: 'then', sequence: 7 };
  const queue: OutboxQueue = {
    ...parts.queue,
    acquireLease: async () => ({ lease: { epoch: 1 }, stream: recorded }),
  };
  const read: object[] = [];
  let change = (): void => {};
  const stream: EventStream = {
    ...parts.stream,
    onChange: (listener) => {
      change = listener;
      return () => {};
    },
    listMissing: async (range) => {
      read.push(range);
      return [];
    },
  };
  start({ queue, stream }, { sweepEveryMs: 0, sweepSliceEveryMs: 0 });
  const whole = { first: 1, last: 7 };
  await expect.poll(() => read).toEqual([whole]);
  change();
  await expect.poll(() => read).toEqual([whole, whole]);
});

test('counts every message that a replaced database does not know, though no statement failed', async () => {
  const parts = createWorld();
  const { world } = parts;
  for (const id of ['a1', 'b1', 'c1', 'd1', 'e1', 'f1']) world.commit(id.charAt(0), id);
  const relay = start(parts);
  await expect.poll(() => world.rows.every(({ published }) => published !== null)).toBe(true);
  await expect.poll(() => world.recorded).toBe(6);
  // The new database is a copy from before the last five events.
  world.rows.splice(1);
  world.recorded = 1;
  world.commit('g', 'g1');
  await expect.poll(() => relay.stats().foreign).toBe(5);
  world.commit('h', 'h1');
  await expect.poll(() => world.recorded).toBe(8);
  expect(relay.stats()).toMatchObject({ foreign: 5, resent: 0 });
});

test('sends nothing of a claim during which the connection broke before what the stream lost then', async () => {
  const parts = createWorld();
  const { world } = parts;
  let change = (): void => {};
  const stream: EventStream = {
    ...parts.stream,
    onChange: (listener) => {
      change = listener;
      return () => {};
    },
  };
  const queue: OutboxQueue = {
    ...parts.queue,
    claim: async (...request) => {
      const claimed = await parts.queue.claim(...request);
      if (claimed.events.some(({ id }) => id === 'a2') && world.stream.lastSequence === 1) {
        // The broker restarts without the end of its stream.
        world.added.length = 0;
        world.stream = { ...world.stream, lastSequence: 0, messages: 0 };
        change();
      }
      return claimed;
    },
  };
  world.commit('a', 'a1');
  start({ queue, stream });
  await expect.poll(() => world.rows[0]?.published).toBe(1);
  world.commit('a', 'a2');
  await expect.poll(() => world.rows[1]?.published).toBe(2);
  expect(world.added).toEqual(['a1', 'a2']);
});

test('sends an event again that the stream lost between its acknowledgement and its mark', async () => {
  const parts = createWorld();
  const { world } = parts;
  let change = (): void => {};
  let isFirst = true;
  const stream: EventStream = {
    ...parts.stream,
    onChange: (listener) => {
      change = listener;
      return () => {};
    },
    add: async (...request) => {
      const place = await parts.stream.add(...request);
      if (isFirst) {
        isFirst = false;
        world.added.length = 0;
        world.stream = { ...world.stream, lastSequence: 0, messages: 0 };
        change();
      }
      return place;
    },
  };
  world.commit('a', 'a1');
  const relay = start({ queue: parts.queue, stream }, { reconcileEveryMs: 60_000 });
  await expect.poll(() => world.added).toEqual(['a1']);
  await expect.poll(() => world.rows[0]?.published).toBe(1);
  expect(relay.stats().resent).toBe(1);
});
