import { describe, expect, it } from 'vitest';
import { createRevocations, REVOCATION_MAX_AGE_MS } from './revocations.ts';

/** Revocations with a clock and a database that the test controls. */
function setUp(options: { readonly shared?: boolean; readonly rememberMs?: number } = {}) {
  const state = { nowMs: 1_000_000, gaps: 0, polls: 0 };
  let answer: () => Promise<readonly string[]> = async () => [];
  const revocations = createRevocations({
    sessions: {
      listRevoked(windowMs) {
        expect(windowMs).toBe(30_000);
        state.polls += 1;
        return answer();
      },
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
    answerPollWith(next: () => Promise<readonly string[]>) {
      answer = next;
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
      return [];
    });
    await revocations.poll();
    expect(revocations.isFresh()).toBe(false);
  });

  it('becomes stale while polls fail, keeps its revocations, and is fresh after the next success', async () => {
    const { revocations, state, answerPollWith } = setUp();
    answerPollWith(async () => ['a']);
    await revocations.poll();
    answerPollWith(() => Promise.reject(new Error('unreachable')));
    state.nowMs += REVOCATION_MAX_AGE_MS + 1;
    await expect(revocations.poll()).rejects.toThrow('unreachable');
    expect(revocations.isFresh()).toBe(false);
    expect(revocations.isRevoked('a')).toBe(true);
    answerPollWith(async () => []);
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

describe('a gap between two polls', () => {
  it('is reported by the first poll, since earlier revocations are unknown', async () => {
    const { revocations, state } = setUp();
    await revocations.poll();
    expect(state.gaps).toBe(1);
  });

  it('does not exist while polls overlap by half their window', async () => {
    const { revocations, state } = setUp();
    await revocations.poll();
    state.gaps = 0;
    for (let round = 0; round < 10; round += 1) {
      state.nowMs += 15_000;
      await revocations.poll();
    }
    expect(state.gaps).toBe(0);
  });

  it('is reported before the view is fresh again, when the last successful poll is too old', async () => {
    const { revocations, state, answerPollWith } = setUp();
    await revocations.poll();
    state.gaps = 0;
    state.nowMs += 15_001;
    let freshAtGap: boolean | undefined;
    answerPollWith(async () => {
      freshAtGap = revocations.isFresh();
      return [];
    });
    await revocations.poll();
    expect(state.gaps).toBe(1);
    expect(freshAtGap).toBe(false);
  });

  it('is reported when a poll returns its maximum', async () => {
    const { revocations, state, answerPollWith } = setUp();
    await revocations.poll();
    state.gaps = 0;
    answerPollWith(async () => Array.from({ length: 50_000 }, (_, number) => `session ${number}`));
    await revocations.poll();
    expect(state.gaps).toBe(1);
    expect(revocations.isRevoked('session 49999')).toBe(true);
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
});
