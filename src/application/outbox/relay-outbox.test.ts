import { afterEach, expect, test } from 'vitest';
import {
  EventRefused,
  type EventStream,
  OutcomeUnknown,
  type StreamState,
} from '../../domain/outbox/event-stream.ts';
import type { OutboxQueue, WaitingEvent } from '../../domain/outbox/outbox-queue.ts';
import type { Logger } from '../../domain/ports.ts';
import { createOutboxRelay } from './relay-outbox.ts';
import type { RelaySettings } from './relay-settings.ts';

const silent: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => silent,
};

interface Row extends WaitingEvent {
  published: number | null;
  parked: boolean;
}

/** A queue and a stream in memory, and how the broker answers. */
function createWorld() {
  const rows: Row[] = [];
  const added: string[] = [];
  const state: StreamState = {
    name: 'USERS',
    created: 'then',
    lastSequence: 0,
    duplicateWindowMs: 60_000,
  };
  const world = {
    rows,
    added,
    held: true,
    stream: { ...state },
    answer: (_event: { id: string }): Error | null => null,
    commit(userKey: string, id: string, ageMs = 0) {
      const event = { type: 'user.deleted', userId: userKey, userVersion: 1, data: {} } as const;
      const position = String(rows.length);
      const row = { id, event, userKey, position, attempts: 0, ageMs, time: new Date(0) };
      rows.push({ ...row, requestId: 'request-1', published: null, parked: false });
    },
  };
  const find = (id: string) => rows.find((row) => row.id === id);
  const queue: OutboxQueue = {
    acquireLease: async () => (world.held ? { lease: { epoch: 1 }, stream: null } : null),
    renewLease: async () => world.held,
    recordStream: async () => {},
    claim: async (busy, limit) => {
      const heads = new Map<string, Row>();
      for (const row of rows) {
        if (row.published === null && !heads.has(row.userKey)) heads.set(row.userKey, row);
      }
      const events = [...heads.values()]
        .filter(({ userKey, parked }) => !busy.includes(userKey) && !parked)
        .slice(0, limit)
        .map((row) => ({ ...row }));
      return { events, mayHaveMore: events.length === limit };
    },
    markPublished: async (_, marks) => {
      for (const { id, sequence } of marks) Object.assign(find(id) ?? {}, { published: sequence });
    },
    markFailed: async (_, { id, park }) => {
      const row = find(id);
      Object.assign(row ?? {}, { attempts: (row?.attempts ?? 0) + 1, parked: park });
    },
    resetPublished: async (_, after) => {
      const lost = rows.filter(({ published }) => published !== null && published > after);
      for (const row of lost) row.published = null;
      return lost.length;
    },
  };
  const stream: EventStream = {
    isAvailable: () => true,
    onChange: () => () => {},
    prepare: async () => ({ ...world.stream }),
    findLast: async () => {
      const id = added.at(-1);
      return id === undefined ? null : { id, sequence: world.stream.lastSequence };
    },
    add: async (event) => {
      const failure = world.answer(event);
      if (failure !== null) throw failure;
      world.stream = { ...world.stream, lastSequence: world.stream.lastSequence + 1 };
      added.push(event.id);
      return { sequence: world.stream.lastSequence, duplicate: false };
    },
  };
  return { world, queue, stream };
}

const stopping = new Set<() => Promise<void>>();
afterEach(async () => {
  for (const stop of stopping) await stop();
  stopping.clear();
});

function start(
  { queue, stream }: { queue: OutboxQueue; stream: EventStream },
  more: Partial<RelaySettings> = {},
) {
  const settings = { pollMs: 5, retryMs: 5, standbyMs: 5, backOffMs: 1, maxAttempts: 3 };
  const monotonicMs = () => performance.now();
  const relay = createOutboxRelay({
    queue,
    stream,
    holder: 'this',
    monotonicMs,
    logger: silent,
    settings: { ...settings, compareEveryMs: 10, ...more },
  });
  const controller = new AbortController();
  const finished = relay.run(controller.signal);
  stopping.add(() => {
    controller.abort();
    return finished;
  });
  return relay;
}

test('sends each user’s events one after the other, the next one only when the last is marked', async () => {
  const parts = createWorld();
  const { world } = parts;
  const early: string[] = [];
  world.answer = ({ id }) => {
    const row = world.rows.find((one) => one.id === id);
    const before = world.rows.filter(
      (one) => one.userKey === row?.userKey && Number(one.position) < Number(row.position),
    );
    if (before.some(({ published }) => published === null)) early.push(id);
    return null;
  };
  for (const id of ['a1', 'b1', 'a2', 'a3', 'b2']) world.commit(id.charAt(0), id);
  start(parts);
  await expect.poll(() => world.added).toHaveLength(5);
  expect(early).toEqual([]);
  expect(world.added.filter((id) => id.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
});

test('sends what was not acknowledged again, and does not count it against the event', async () => {
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
  expect(world.rows[0]).toMatchObject({ attempts: 0, parked: false });
  expect(relay.stats()).toMatchObject({ unknown: 19, published: 1, inFlight: 0 });
});

test('claims the next users while it marks the last ones', async () => {
  const parts = createWorld();
  for (let user = 0; user < 20; user += 1) parts.world.commit(`user-${user}`, `event-${user}`);
  const claims: (readonly string[])[] = [];
  let marking = 0;
  const queue: OutboxQueue = {
    ...parts.queue,
    claim: (busy, limit) => {
      if (marking > 0) claims.push(busy);
      return parts.queue.claim(busy, limit);
    },
    markPublished: async (lease, marks) => {
      marking += 1;
      await new Promise((resolve) => setTimeout(resolve, 2));
      await parts.queue.markPublished(lease, marks);
      marking -= 1;
    },
  };
  const relay = start({ ...parts, queue }, { maxInFlight: 5 });
  await expect.poll(() => relay.stats().published).toBe(20);
  expect(new Set(parts.world.added).size).toBe(20);
  expect(parts.world.added).toHaveLength(20);
  expect(claims.some((busy) => busy.length > 0)).toBe(true);
});

test('tells how long the last event took, from its happening to its acknowledgement', async () => {
  const parts = createWorld();
  const relay = start(parts);
  expect(relay.stats().lagMs).toBeNull();
  parts.world.commit('a', 'a1', 700);
  await expect.poll(() => relay.stats().lagMs).toBeGreaterThanOrEqual(700);
  expect(relay.stats().lagMs).toBeLessThan(60_000);
});

test('parks a refused event after its attempts, and sends what others did', async () => {
  const parts = createWorld();
  const { world } = parts;
  world.answer = ({ id }) => (id === 'a1' ? new EventRefused('too large') : null);
  for (const id of ['a1', 'a2', 'b1']) world.commit(id.charAt(0), id);
  const relay = start(parts);
  await expect.poll(() => world.rows[0]?.parked).toBe(true);
  await expect.poll(() => world.added).toEqual(['b1']);
  expect(relay.stats().refused).toBe(3);
});

test('looks for an old event before it sends it, and marks what it finds', async () => {
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
  ['was made anew', { created: 'now', lastSequence: 0 }, ['a1', 'a2', 'a3']],
  ['lost its tail', { created: 'then', lastSequence: 1 }, ['a2', 'a3']],
])('sends what is missing again when the stream %s', async (_, change, missing) => {
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

test('notices a sequence that comes twice, and sends what is missing after it', async () => {
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

test('is not woken into asking for a lease that another instance holds', async () => {
  const parts = createWorld();
  parts.world.held = false;
  let asked = 0;
  const { acquireLease } = parts.queue;
  const queue: OutboxQueue = {
    ...parts.queue,
    acquireLease: (...lease) => {
      asked += 1;
      return acquireLease(...lease);
    },
  };
  const relay = start({ ...parts, queue }, { standbyMs: 60_000 });
  await expect.poll(() => relay.stats().state).toBe('standby');
  for (let commit = 0; commit < 100; commit += 1) {
    relay.wake();
    await Promise.resolve();
  }
  expect(asked).toBe(1);
});

test('does nothing while another instance holds the lease', async () => {
  const parts = createWorld();
  parts.world.held = false;
  parts.world.commit('a', 'a1');
  const relay = start(parts);
  await expect.poll(() => relay.stats().state).toBe('standby');
  expect(parts.world.added).toEqual([]);
  parts.world.held = true;
  await expect.poll(() => parts.world.added).toEqual(['a1']);
});
