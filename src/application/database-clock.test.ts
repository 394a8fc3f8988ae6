import { describe, expect, it } from 'vitest';
import { createRecordingLogger } from '../../test/support/logger.ts';
import { createDatabaseClock } from './database-clock.ts';

const START_MS = Date.UTC(2026, 0, 1);

/** Three clocks that run at one speed: monotonic, wall, and that of the database. */
function setUp() {
  const state = { monotonicMs: 50_000, wallOffsetMs: 0, databaseOffsetMs: 0 };
  const logger = createRecordingLogger();
  const clock = createDatabaseClock({
    wallMs: () => START_MS + state.monotonicMs + state.wallOffsetMs,
    logger,
  });
  return {
    clock,
    state,
    logger,
    /** A query that reads the database's clock at half of its round trip. */
    sample(roundTripMs = 2) {
      const beganAtMs = state.monotonicMs;
      const databaseTimeMs = START_MS + beganAtMs + roundTripMs / 2 + state.databaseOffsetMs;
      state.monotonicMs += roundTripMs;
      const seen = clock.observe({ beganAtMs, endedAtMs: state.monotonicMs, databaseTimeMs });
      state.monotonicMs += 500;
      return seen;
    },
  };
}

describe("the database's clock", () => {
  it('is unknown before the first sample', () => {
    expect(setUp().clock.offsetMs()).toBeNull();
  });

  it.each([20_000, 1_500, -1_500, -60_000])('has stepped when it was set by %d ms', (stepMs) => {
    const { sample, state } = setUp();
    expect([sample(), sample()]).toEqual(['steady', 'steady']);
    state.databaseOffsetMs += stepMs;
    expect([sample(), sample()]).toEqual(['stepped', 'steady']);
  });

  it('has not stepped when the wall clock of the instance is set, or its round trip takes long', () => {
    const { sample, state } = setUp();
    sample();
    state.wallOffsetMs = 60_000;
    expect(sample()).toBe('steady');
    expect(sample(4_000)).toBe('steady');
    expect(sample()).toBe('steady');
  });

  it('has stepped for an instance whose host was suspended, which its monotonic clock does not count', () => {
    const { sample, state } = setUp();
    sample();
    state.databaseOffsetMs += 3_600_000;
    state.wallOffsetMs += 3_600_000;
    expect(sample()).toBe('stepped');
  });

  it('differs from the wall clock by the offset at the middle of the round trip', () => {
    const { clock, sample, state } = setUp();
    state.wallOffsetMs = 3_000;
    state.databaseOffsetMs = 1_000;
    sample(400);
    expect(clock.offsetMs()).toBe(-2_000);
  });

  it('is warned about once beyond five seconds, and once when it agrees again', () => {
    const { sample, state, logger } = setUp();
    for (const offset of [4_900, 5_100, 60_000, 4_900, 4_100, 3_900, 0]) {
      state.databaseOffsetMs = offset;
      sample();
    }
    expect(logger.lines.map(({ level, message, fields }) => [level, message, fields])).toEqual([
      ['warn', "the clock differs from the database's", { offset_ms: 5_100 }],
      ['info', "the clock agrees with the database's again", { offset_ms: 3_900 }],
    ]);
  });

  it('is not warned about for what a slow query leaves uncertain', () => {
    const { sample, state, logger } = setUp();
    state.databaseOffsetMs = 5_500;
    sample(2_000);
    expect(logger.lines).toEqual([]);
  });
});
