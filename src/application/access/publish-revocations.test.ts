import { describe, expect, it } from 'vitest';
import type {
  RevocationEntry,
  RevocationFeed,
  SequencedRevocation,
} from '../../domain/session/revocation-feed.ts';
import {
  type RevocationHeartbeat,
  type RevocationStream,
  revocationKey,
} from '../../domain/session/revocation-stream.ts';
import { createRevocationPublisher } from './publish-revocations.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

function entryOf(sequence: number): SequencedRevocation {
  const rowId = `0198c0de-0000-7000-8000-${String(sequence).padStart(12, '0')}`;
  return { kind: 'session', id: rowId, notBefore: 100, until: 820, sequence, rowId };
}

/** A feed and a stream in memory, and a publisher between them. */
function setUp(count: number) {
  let rows = Array.from({ length: count }, (_, index) => entryOf(index + 1));
  const stream = new Map<string, RevocationEntry>();
  const beats: RevocationHeartbeat[] = [];
  const state = { created: 'first', lastSequence: 0 };
  const listeners = new Set<() => void>();
  const setting = { isLeader: true, isConnected: true, nowMs: 0, failing: 0, sent: 0 };
  const feed: RevocationFeed = {
    number: async () => ({ numbered: 0, newest: rows.length }),
    async list({ after, limit }) {
      const entries = rows.filter(({ sequence }) => sequence > after).slice(0, limit);
      const idAt = (sequence: number) => rows[sequence - 1]?.rowId ?? null;
      return { entries, last: rows.length, lastId: idAt(rows.length), afterId: idAt(after) };
    },
  };
  const port: RevocationStream = {
    isAvailable: () => setting.isConnected,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    prepare: async () => ({ ...state }),
    readState: async () => ({ ...state }),
    listKeys: async () => new Set(stream.keys()),
    async publish(entry) {
      setting.sent += 1;
      if (setting.failing > 0) {
        setting.failing -= 1;
        throw new Error('no acknowledgement');
      }
      state.lastSequence += 1;
      stream.set(revocationKey(entry), entry);
    },
    beat: (heartbeat) => void beats.push(heartbeat),
  };
  const publisher = createRevocationPublisher({
    ...{ feed, stream: port, logger: silent as never },
    isLeader: () => setting.isLeader,
    monotonicMs: () => setting.nowMs,
  });
  return {
    ...{ publisher, stream, beats, state, setting },
    add: (more: number) => {
      const next = rows.length + 1;
      rows = [...rows, ...Array.from({ length: more }, (_, index) => entryOf(next + index))];
    },
    replaceRows: (other: readonly SequencedRevocation[]) => {
      rows = [...other];
    },
    change: () => {
      for (const listener of listeners) listener();
    },
  };
}

describe('the publisher of revocations', () => {
  it('publishes the whole set, then what is new, and nothing twice', async () => {
    const { publisher, stream, setting, add } = setUp(1_200);
    await publisher.run();
    expect([stream.size, setting.sent]).toEqual([1_200, 1_200]);
    add(3);
    await publisher.run();
    await publisher.run();
    expect([stream.size, setting.sent]).toEqual([1_203, 1_203]);
  });

  it('publishes nothing unless it is the leader, and compares everything when it becomes one', async () => {
    const { publisher, stream, setting } = setUp(3);
    setting.isLeader = false;
    await publisher.run();
    expect(stream.size).toBe(0);
    setting.isLeader = true;
    await publisher.run();
    setting.isLeader = false;
    await publisher.run();
    stream.delete(revocationKey(entryOf(1)));
    setting.isLeader = true;
    await publisher.run();
    expect([stream.size, setting.sent]).toEqual([3, 4]);
  });

  it('adds what is missing after a change of the connection', async () => {
    const { publisher, stream, setting, change } = setUp(5);
    await publisher.run();
    stream.delete(revocationKey(entryOf(2)));
    change();
    await publisher.run();
    expect([stream.size, setting.sent]).toEqual([5, 6]);
  });

  it.each([
    ['was created again', { created: 'second' }],
    ['went back', { lastSequence: 1 }],
  ])('adds what is missing when the stream %s', async (_, change) => {
    const { publisher, stream, setting, state, beats } = setUp(5);
    await publisher.run();
    stream.clear();
    Object.assign(state, change);
    setting.nowMs += 1_000;
    // Without a heartbeat: it would say that everything is there.
    await publisher.run();
    expect(beats).toHaveLength(1);
    await publisher.run();
    expect(stream.size).toBe(5);
    expect(beats.map(({ comparisons }) => comparisons)).toEqual([1, 2]);
  });

  it('publishes everything of another copy of the database', async () => {
    const { publisher, stream, replaceRows } = setUp(5);
    await publisher.run();
    replaceRows([entryOf(1), entryOf(7)].map((row, index) => ({ ...row, sequence: index + 1 })));
    await publisher.run();
    await publisher.run();
    expect(stream.has(revocationKey(entryOf(7)))).toBe(true);
  });

  it('tries again what was not acknowledged, and says nothing about its place until then', async () => {
    const { publisher, stream, setting, beats, add } = setUp(2);
    await publisher.run();
    add(2);
    setting.failing = 1;
    setting.nowMs += 1_000;
    await expect(publisher.run()).rejects.toThrow('no acknowledgement');
    expect(beats).toHaveLength(1);
    // Not at once.
    await expect(publisher.run()).rejects.toThrow('no acknowledgement');
    expect(stream.size).toBe(3);
    setting.nowMs += 1_000;
    await publisher.run();
    expect(stream.size).toBe(4);
    expect(beats.at(-1)?.position).toMatch(/^4-/);
    expect(publisher.stats()).toMatchObject({ published: { feed: 4 }, failed: { feed: 1 } });
  });

  it('sends a heartbeat each second', async () => {
    const { publisher, setting, beats } = setUp(1);
    for (; setting.nowMs < 3_000; setting.nowMs += 250) await publisher.run();
    expect(beats).toHaveLength(3);
    expect(beats[0]).toMatchObject({ comparisons: 1, lastSequence: 1 });
  });

  it('announces at once, drops what it cannot send, and never throws', async () => {
    const { publisher, stream, setting } = setUp(0);
    // Before the stream is there, and without a connection.
    publisher.announce([entryOf(1)]);
    setting.isLeader = false;
    await publisher.run();
    setting.isConnected = false;
    publisher.announce([entryOf(1)]);
    setting.isConnected = true;
    setting.failing = 1;
    publisher.announce([entryOf(2), entryOf(3)]);
    publisher.announce(Array.from({ length: 2_000 }, (_, index) => entryOf(index + 10)));
    await new Promise((resolve) => setImmediate(resolve));
    expect([...stream.keys()]).toEqual([revocationKey(entryOf(3))]);
    expect(publisher.stats()).toMatchObject({ published: { commit: 1 }, failed: { commit: 1 } });
  });
});
