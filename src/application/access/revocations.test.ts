import { describe, expect, it } from 'vitest';
import { createRevocations, REVOCATION_MAX_AGE_MS } from './revocations.ts';

/** Revocations whose clock and database the test holds in hand. */
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
    answerWith(next: () => Promise<readonly string[]>) {
      answer = next;
    },
  };
}

describe('the view of revocations', () => {
  it('is stale before the first poll', () => {
    expect(setUp().revocations.isFresh()).toBe(false);
  });

  it('is fresh for a second after a good poll, and not a millisecond longer', async () => {
    const { revocations, state } = setUp();
    await revocations.poll();
    state.nowMs += REVOCATION_MAX_AGE_MS;
    expect(revocations.isFresh()).toBe(true);
    state.nowMs += 1;
    expect(revocations.isFresh()).toBe(false);
  });

  it('is as old as the beginning of its poll, however long the answer took', async () => {
    const { revocations, state, answerWith } = setUp();
    answerWith(async () => {
      state.nowMs += REVOCATION_MAX_AGE_MS + 1;
      return [];
    });
    await revocations.poll();
    expect(revocations.isFresh()).toBe(false);
  });

  it('ages while polls fail, keeps what it knows, and is fresh again with the next good one', async () => {
    const { revocations, state, answerWith } = setUp();
    answerWith(async () => ['a']);
    await revocations.poll();
    answerWith(() => Promise.reject(new Error('away')));
    state.nowMs += REVOCATION_MAX_AGE_MS + 1;
    await expect(revocations.poll()).rejects.toThrow('away');
    expect(revocations.isFresh()).toBe(false);
    expect(revocations.isRevoked('a')).toBe(true);
    answerWith(async () => []);
    await revocations.poll();
    expect(revocations.isFresh()).toBe(true);
    expect(revocations.isRevoked('a')).toBe(true);
  });

  it('is always fresh where no other process can end sessions', () => {
    const { revocations, state } = setUp({ shared: false });
    state.nowMs += 86_400_000;
    expect(revocations.isFresh()).toBe(true);
    expect(state.polls).toBe(0);
  });
});

describe('a gap between two polls', () => {
  it('is reported by the first poll, since nobody knows what came before it', async () => {
    const { revocations, state } = setUp();
    await revocations.poll();
    expect(state.gaps).toBe(1);
  });

  it('is none while polls overlap by half their window', async () => {
    const { revocations, state } = setUp();
    await revocations.poll();
    state.gaps = 0;
    for (let round = 0; round < 10; round += 1) {
      state.nowMs += 15_000;
      await revocations.poll();
    }
    expect(state.gaps).toBe(0);
  });

  it('is reported before the view is fresh again, when the last good poll is too long ago', async () => {
    const { revocations, state, answerWith } = setUp();
    await revocations.poll();
    state.gaps = 0;
    state.nowMs += 15_001;
    let freshAtGap: boolean | undefined;
    answerWith(async () => {
      freshAtGap = revocations.isFresh();
      return [];
    });
    await revocations.poll();
    expect(state.gaps).toBe(1);
    expect(freshAtGap).toBe(false);
  });

  it('is reported when one poll may have left some out', async () => {
    const { revocations, state, answerWith } = setUp();
    await revocations.poll();
    state.gaps = 0;
    answerWith(async () => Array.from({ length: 50_000 }, (_, number) => `session ${number}`));
    await revocations.poll();
    expect(state.gaps).toBe(1);
    expect(revocations.isRevoked('session 49999')).toBe(true);
  });
});

describe('remembered revocations', () => {
  it('count from the moment they are added, without any poll', () => {
    const { revocations } = setUp();
    revocations.add(['a']);
    expect(revocations.isRevoked('a')).toBe(true);
    expect(revocations.isRevoked('b')).toBe(false);
  });

  it('are forgotten once no token of the session can be valid any more', () => {
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

  it('live on for as long as they are seen again', () => {
    const { revocations, state } = setUp({ rememberMs: 5_000 });
    revocations.add(['a']);
    state.nowMs += 4_000;
    revocations.add(['b', 'a']);
    state.nowMs += 4_000;
    revocations.add([]);
    expect(revocations.isRevoked('a')).toBe(true);
  });

  it('are bounded: beyond 200,000 the oldest goes, and whoever remembers tokens forgets them', () => {
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
