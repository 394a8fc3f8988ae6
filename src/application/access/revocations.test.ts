import { describe, expect, it } from 'vitest';
import type { RevocationReading } from '../../domain/session/session-repository.ts';
import { createRevocations, REVOCATION_MAX_AGE_MS } from './revocations.ts';

type Answer = (snapshot: string | null) => Promise<Partial<RevocationReading>>;

/** Revocations with a clock and a database that the test controls. The snapshots are numbers that go up. */
function setUp(options: { readonly shared?: boolean; readonly rememberMs?: number } = {}) {
  const state = {
    nowMs: 1_000_000,
    gaps: 0,
    polls: 0,
    asked: [] as (string | null)[],
    snapshots: [] as string[],
  };
  let answer: Answer = async () => ({});
  let clock: 'steady' | 'stepped' = 'steady';
  const revocations = createRevocations({
    sessions: {
      async listRevoked(snapshot, limit) {
        expect(limit).toBe(10_000);
        state.polls += 1;
        state.asked.push(snapshot);
        const reading: RevocationReading = {
          sessionIds: [],
          snapshot: `${state.polls}`,
          isBehind: false,
          isAllRevoked: false,
          serverStarted: 'one',
          databaseTimeMs: 0,
        };
        return { ...reading, ...(await answer(snapshot)) };
      },
    },
    databaseClock: { observe: () => clock },
    snapshots: {
      add: ({ snapshot }) => void state.snapshots.push(snapshot),
      clear: () => void state.snapshots.push('cleared'),
    },
    monotonicMs: () => state.nowMs,
    shared: options.shared ?? true,
    rememberMs: options.rememberMs ?? 600_000,
    onGap: () => {
      state.gaps += 1;
    },
  });
  return {
    revocations,
    state,
    answerPollWith(next: Answer) {
      answer = next;
    },
    stepClock() {
      clock = 'stepped';
    },
    /** Polls once more. @returns the gaps that it reported. */
    async gapsOfPoll(): Promise<number> {
      state.gaps = 0;
      await revocations.poll();
      return state.gaps;
    },
  };
}

describe('the view of revocations', () => {
  it('is stale before the first poll', () => {
    expect(setUp().revocations.isFresh()).toBe(false);
  });

  it('is fresh for exactly one second after a successful poll', async () => {
    const { revocations, state } = setUp();
    await revocations.poll();
    state.nowMs += REVOCATION_MAX_AGE_MS;
    expect(revocations.isFresh()).toBe(true);
    state.nowMs += 1;
    expect(revocations.isFresh()).toBe(false);
  });

  it('is as old as the start of its poll, however long the query takes', async () => {
    const { revocations, state, answerPollWith } = setUp();
    answerPollWith(async () => {
      state.nowMs += REVOCATION_MAX_AGE_MS + 1;
      return {};
    });
    await revocations.poll();
    expect(revocations.isFresh()).toBe(false);
  });

  it('becomes stale while polls fail, keeps its revocations, and is fresh after the next success', async () => {
    const { revocations, state, answerPollWith } = setUp();
    answerPollWith(async () => ({ sessionIds: ['a'] }));
    await revocations.poll();
    answerPollWith(() => Promise.reject(new Error('unreachable')));
    state.nowMs += REVOCATION_MAX_AGE_MS + 1;
    await expect(revocations.poll()).rejects.toThrow('unreachable');
    expect(revocations.isFresh()).toBe(false);
    expect(revocations.isRevoked('a')).toBe(true);
    answerPollWith(async () => ({}));
    await revocations.poll();
    expect(revocations.isFresh()).toBe(true);
    expect(revocations.isRevoked('a')).toBe(true);
  });

  it('is always fresh when no other process can end sessions', () => {
    const { revocations, state } = setUp({ shared: false });
    state.nowMs += 86_400_000;
    expect(revocations.isFresh()).toBe(true);
    expect(state.polls).toBe(0);
  });
});

describe('a poll', () => {
  it('reads what became visible since the last successful one', async () => {
    const { revocations, state, answerPollWith } = setUp();
    await revocations.poll();
    await revocations.poll();
    answerPollWith(() => Promise.reject(new Error('unreachable')));
    await expect(revocations.poll()).rejects.toThrow('unreachable');
    answerPollWith(async () => ({}));
    await revocations.poll();
    expect(state.asked).toEqual([null, '1', '2', '2']);
  });
});

describe('a gap between two polls', () => {
  it('is reported by the first poll, since earlier revocations are unknown', async () => {
    expect(await setUp().gapsOfPoll()).toBe(1);
  });

  it('does not exist while the polls succeed on one server', async () => {
    const { revocations, state, gapsOfPoll } = setUp();
    await revocations.poll();
    for (let round = 0; round < 10; round += 1) {
      state.nowMs += 15_000;
      expect(await gapsOfPoll()).toBe(0);
    }
  });

  it('is reported before the view is fresh again, when the last successful poll is too old', async () => {
    const { revocations, state, answerPollWith, gapsOfPoll } = setUp();
    await revocations.poll();
    state.nowMs += 15_001;
    let freshAtGap: boolean | undefined;
    answerPollWith(async () => {
      freshAtGap = revocations.isFresh();
      return {};
    });
    expect(await gapsOfPoll()).toBe(1);
    expect(freshAtGap).toBe(false);
  });

  it('is reported by a poll that reads the database too late, however early it began', async () => {
    const { revocations, state, answerPollWith, gapsOfPoll } = setUp();
    await revocations.poll();
    state.nowMs += 15_000;
    answerPollWith(async () => {
      // The process was paused after the poll began; what it has to learn may have been deleted meanwhile.
      state.nowMs += 1;
      return {};
    });
    expect(await gapsOfPoll()).toBe(1);
  });

  it('is reported once when a poll returns its maximum', async () => {
    const { revocations, answerPollWith, gapsOfPoll } = setUp();
    await revocations.poll();
    const sessionIds = Array.from({ length: 10_000 }, (_, number) => `session ${number}`);
    answerPollWith(async () => ({ sessionIds }));
    expect(await gapsOfPoll()).toBe(1);
    expect(revocations.isRevoked('session 9999')).toBe(true);
    answerPollWith(async () => ({ sessionIds: sessionIds.slice(1) }));
    expect(await gapsOfPoll()).toBe(0);
  });

  it.each([
    ['an older database answers', { isBehind: true }],
    ['all tokens were revoked', { isAllRevoked: true }],
    ['another server answers', { serverStarted: 'two' }],
  ])('is reported when %s', async (_, reading) => {
    const { revocations, answerPollWith, gapsOfPoll } = setUp();
    await revocations.poll();
    answerPollWith(async () => reading);
    expect(await gapsOfPoll()).toBe(1);
  });

  it('with another server ends the history of snapshots', async () => {
    const { revocations, state, answerPollWith } = setUp();
    await revocations.poll();
    await revocations.poll();
    answerPollWith(async () => ({ serverStarted: 'two' }));
    await revocations.poll();
    expect(state.snapshots).toEqual(['cleared', '1', '2', 'cleared', '3']);
  });

  it('is reported when the clock of the database was set', async () => {
    const { revocations, stepClock, gapsOfPoll } = setUp();
    await revocations.poll();
    stepClock();
    expect(await gapsOfPoll()).toBe(1);
  });
});

describe('known revocations', () => {
  it('take effect when they are added, without a poll', () => {
    const { revocations } = setUp();
    revocations.add(['a']);
    expect(revocations.isRevoked('a')).toBe(true);
    expect(revocations.isRevoked('b')).toBe(false);
  });

  it('are dropped when no token of the session can be valid any more', () => {
    const { revocations, state } = setUp({ rememberMs: 5_000 });
    revocations.add(['a']);
    state.nowMs += 4_999;
    revocations.add(['b']);
    expect(revocations.isRevoked('a')).toBe(true);
    state.nowMs += 1;
    revocations.add([]);
    expect(revocations.isRevoked('a')).toBe(false);
    expect(revocations.isRevoked('b')).toBe(true);
  });

  it('stay while polls still return them', () => {
    const { revocations, state } = setUp({ rememberMs: 5_000 });
    revocations.add(['a']);
    state.nowMs += 4_000;
    revocations.add(['b', 'a']);
    state.nowMs += 4_000;
    revocations.add([]);
    expect(revocations.isRevoked('a')).toBe(true);
  });

  it('are bounded: beyond 200,000 the oldest is dropped and a gap is reported', () => {
    const { revocations, state } = setUp();
    revocations.add(Array.from({ length: 200_000 }, (_, number) => `session ${number}`));
    expect(state.gaps).toBe(0);
    revocations.add(['one more']);
    expect(state.gaps).toBe(1);
    expect(revocations.isRevoked('session 0')).toBe(false);
    expect(revocations.isRevoked('session 1')).toBe(true);
    expect(revocations.isRevoked('one more')).toBe(true);
  });

  it('that exceed the bound by many at once report one gap', () => {
    const { revocations, state } = setUp();
    revocations.add(Array.from({ length: 400_000 }, (_, number) => `session ${number}`));
    expect(state.gaps).toBe(1);
    expect(revocations.isRevoked('session 199999')).toBe(false);
    expect(revocations.isRevoked('session 200000')).toBe(true);
  });
});
