import { afterEach } from 'vitest';
import { createOutboxRelay } from '../../src/application/outbox/relay-outbox.ts';
import type { RelaySettings } from '../../src/application/outbox/relay-settings.ts';
import {
  EventHeldBack,
  type EventStream,
  type StreamState,
} from '../../src/domain/outbox/event-stream.ts';
import type { OutboxQueue, WaitingEvent } from '../../src/domain/outbox/outbox-queue.ts';
import { createSilentLogger } from './logger.ts';

interface Row extends WaitingEvent {
  published: number | null;
  deadLetter: boolean;
}

/** A queue and a stream in memory. `answer` decides how the broker answers. */
export function createWorld() {
  const rows: Row[] = [];
  const added: string[] = [];
  const state: StreamState = {
    name: 'USERS',
    created: 'then',
    firstSequence: 1,
    lastSequence: 0,
    messages: 0,
    maxAgeMs: 0,
    limitsSize: false,
    limitsSubjects: false,
    duplicateWindowMs: 60_000,
  };
  const world = {
    rows,
    added,
    held: true,
    recorded: 0,
    stream: { ...state },
    answer: (_event: { id: string }): Error | null => null,
    commit(userKey: string, id: string, ageMs = 0) {
      const event = { type: 'user.deleted', userId: userKey, userVersion: 1, data: {} } as const;
      const position = String(rows.length);
      const row = { id, event, userKey, position, attempts: 0, ageMs, time: new Date(0) };
      rows.push({ ...row, requestId: 'request-1', published: null, deadLetter: false });
    },
  };
  const find = (id: string) => rows.find((row) => row.id === id);
  const queue: OutboxQueue = {
    acquireLease: async () => (world.held ? { lease: { epoch: 1 }, stream: null } : null),
    findLease: async () => null,
    findStream: async () => ({ name: 'USERS', created: 'then', sequence: world.recorded }),
    renewLease: async () => world.held,
    recordStream: async (_, { sequence }) => {
      world.recorded = sequence;
    },
    claim: async (busy, limit, afterKey) => {
      const waiting = rows
        .filter(({ published, userKey }) => published === null && userKey > (afterKey ?? ''))
        .sort((one, other) => (one.userKey < other.userKey ? -1 : 1));
      const held = new Set(busy.keys());
      const free = waiting.filter((row) => {
        if (row.deadLetter) held.add(row.userKey);
        return !held.has(row.userKey);
      });
      const events = free.slice(0, limit).map((row) => ({ ...row }));
      const passedBusy = [...busy].some(
        ([key, count]) => waiting.filter(({ userKey }) => userKey === key).length > count,
      );
      const next = free.length > limit ? (events.at(-1)?.userKey ?? null) : null;
      return { events, next, passedBusy };
    },
    markPublished: async (_, marks, known) => {
      for (const { id, sequence } of marks) {
        Object.assign(find(id) ?? {}, { published: sequence });
        if (world.recorded >= known) world.recorded = Math.max(world.recorded, sequence);
      }
      return marks.length === 0 ? null : world.recorded;
    },
    markFailed: async (_, { id, deadLetter }) => {
      const row = find(id);
      Object.assign(row ?? {}, { attempts: (row?.attempts ?? 0) + 1, deadLetter });
    },
    resetPublished: async (_, after) => {
      const lost = rows.filter(({ published }) => published !== null && published > after);
      for (const row of lost) row.published = null;
      return lost.length;
    },
    resetSequences: async () => 0,
    resetRange: async () => 0,
    isBefore: async () => false,
    findLastPosition: async () => rows.length,
    countMarked: async ({ after, upTo }) => ({
      marked: rows.filter(({ published: at }) => at !== null && at > after && at <= upTo).length,
      waiting: false,
    }),
  };
  const stream: EventStream = {
    isAvailable: () => true,
    onChange: () => () => {},
    prepare: async () => ({ ...world.stream }),
    find: async ({ id }) => (added.at(-1) === id ? world.stream.lastSequence : null),
    holds: async () => true,
    listGaps: async () => [],
    listMissing: async () => [],
    add: async (event, previousId = null) => {
      const failure = world.answer(event);
      if (failure !== null) throw failure;
      if (previousId !== null && added.at(-1) !== previousId)
        throw new EventHeldBack('not the last');
      const lastSequence = world.stream.lastSequence + 1;
      world.stream = { ...world.stream, lastSequence, messages: lastSequence };
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

/** Runs a relay until the end of the test. */
export function startRelayIn(
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
    logger: createSilentLogger(),
    settings: { ...settings, reconcileEveryMs: 10, ...more },
  });
  const controller = new AbortController();
  const finished = relay.run(controller.signal);
  stopping.add(() => {
    controller.abort();
    return finished;
  });
  return relay;
}
