import { describe, expect, test } from 'vitest';
import { backoffDelayMs } from './backoff.ts';

describe('back-off', () => {
  test('doubles from the first pause up to its bound', () => {
    const delays = [1, 2, 3, 4, 5, 1_000].map((attempt) =>
      backoffDelayMs(attempt, { firstMs: 100, maxMs: 1_000 }),
    );
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  });

  test('takes the random part off the pause', () => {
    const backoff = { firstMs: 100, maxMs: 1_000, jitter: 0.2 };
    expect(backoffDelayMs(1, backoff, () => 0)).toBe(80);
    expect(backoffDelayMs(1, backoff, () => 0.5)).toBe(90);
    expect(backoffDelayMs(9, backoff, () => 1)).toBe(1_000);
  });
});
