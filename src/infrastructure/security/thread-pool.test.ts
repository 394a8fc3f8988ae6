import { describe, expect, test } from 'vitest';
import { assertThreadPool, neededThreads } from './thread-pool.ts';

describe('the thread pool', () => {
  test.each([
    [2, '6'],
    [2, '1024'],
    [2, '100000'],
    [1_020, '1024'],
  ])('of enough threads passes: %d slots, %s threads', (slots, size) => {
    expect(assertThreadPool(slots, size)).toBeNull();
  });

  test.each([
    [2, undefined],
    [2, '5'],
    [1, '0'],
    [1, 'many'],
    [2_000, '1024'],
  ])('that is too small is told with the remedy: %d slots, %s threads', (slots, size) => {
    expect(assertThreadPool(slots, size)).toContain('password.hashing_slots');
  });

  test('passes with what it says it needs', () => {
    for (const slots of [1, 2, 8, 64]) {
      expect(assertThreadPool(slots, String(neededThreads(slots)))).toBeNull();
    }
  });
});
