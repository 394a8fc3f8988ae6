import { describe, expect, it } from 'vitest';
import { createSnapshotHistory } from './snapshot-history.ts';

function setUp() {
  const state = { nowMs: 0 };
  const history = createSnapshotHistory({ maxAgeMs: 10_000, monotonicMs: () => state.nowMs });
  return {
    history,
    state,
    poll(endedAtMs: number) {
      state.nowMs = endedAtMs;
      history.add({ snapshot: `at ${endedAtMs}`, endedAtMs });
    },
  };
}

describe('the history of snapshots', () => {
  it('has none that is old enough until one is', () => {
    const { history, state, poll } = setUp();
    expect(history.before(10_000)).toBeNull();
    poll(1_000);
    state.nowMs = 10_999;
    expect(history.before(10_000)).toBeNull();
    state.nowMs = 11_000;
    expect(history.before(10_000)).toBe('at 1000');
  });

  it('finds the newest one of an age, however many polls there were', () => {
    const { history, poll } = setUp();
    for (let time = 0; time <= 100_000; time += 500) poll(time);
    expect(history.before(10_000)).toBe('at 90000');
    expect(history.before(9_900)).toBe('at 90000');
    expect(history.before(0)).toBe('at 100000');
    expect(history.before(20_000)).toBeNull();
  });

  it('is empty once it is cleared', () => {
    const { history, poll } = setUp();
    poll(0);
    poll(20_000);
    expect(history.before(10_000)).toBe('at 0');
    history.clear();
    expect(history.before(0)).toBeNull();
  });
});
