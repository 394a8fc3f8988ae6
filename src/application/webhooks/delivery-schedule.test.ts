import { describe, expect, test } from 'vitest';
import { DELIVERY_SCHEDULE_MS, nextAttemptDelayMs } from './delivery-schedule.ts';
import { endpointPauseMs } from './endpoint-health.ts';

const MIDDLE = () => 0.5;
const [LOW, HIGH] = [() => 0, () => 1];
const HOUR_MS = 3_600_000;

describe('pauses between attempts', () => {
  test('are those of the standard, a fifth more or less', () => {
    const attempts = DELIVERY_SCHEDULE_MS.map((_, index) => index + 1);
    expect(attempts.map((attempt) => nextAttemptDelayMs(attempt, null, MIDDLE))).toEqual([
      ...[5_000, 300_000, 1_800_000, 2 * HOUR_MS, 5 * HOUR_MS, 10 * HOUR_MS, 14 * HOUR_MS],
      ...[20 * HOUR_MS, 24 * HOUR_MS, null],
    ]);
    expect(nextAttemptDelayMs(1, null, LOW)).toBe(4_000);
    expect(nextAttemptDelayMs(1, null, HIGH)).toBe(6_000);
  });

  test('are as long as the receiver asks, up to a day', () => {
    expect(nextAttemptDelayMs(1, 60_000, MIDDLE)).toBe(60_000);
    expect(nextAttemptDelayMs(2, 60_000, MIDDLE)).toBe(300_000);
    expect(nextAttemptDelayMs(1, 1_000 * HOUR_MS, MIDDLE)).toBe(24 * HOUR_MS);
    expect(nextAttemptDelayMs(10, 60_000, MIDDLE)).toBeNull();
  });
});

describe('pauses of an endpoint', () => {
  test('begin with the fifth failure in a row, and double up to five minutes', () => {
    const pauses = [1, 4, 5, 6, 100].map((count) => endpointPauseMs(count, 500, null, HIGH));
    expect(pauses).toEqual([null, null, 10_000, 20_000, 300_000]);
    expect(endpointPauseMs(5, null, null, LOW)).toBe(8_000);
  });

  test.each([429, 502, 503, 504])('begin at once with %i, and are as long as it asks', (status) => {
    expect(endpointPauseMs(1, status, null, HIGH)).toBe(5_000);
    expect(endpointPauseMs(1, status, 120_000, HIGH)).toBe(120_000);
    expect(endpointPauseMs(1, status, 100 * HOUR_MS, HIGH)).toBe(HOUR_MS);
  });
});
