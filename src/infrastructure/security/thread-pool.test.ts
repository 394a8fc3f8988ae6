import { describe, expect, test } from 'vitest';
import { assertThreadPool, neededThreads } from './thread-pool.ts';

describe('the thread pool', () => {
  test.each([
    [2, '6'],
    [2, '1024'],
    [2, '100000'],
    [1_020, '1024'],
  ])('with enough threads passes: %d concurrent hashes, %s threads', (limit, size) => {
    expect(assertThreadPool(limit, size)).toBeNull();
  });

  test.each([
    [2, undefined],
    [2, '5'],
    [1, '0'],
    [1, 'many'],
    [2_000, '1024'],
  ])(
    'that is too small is reported with the remedy: %d concurrent hashes, %s threads',
    (limit, size) => {
      expect(assertThreadPool(limit, size)).toContain('password.hashing_slots');
    },
  );

  test('passes with the size that it needs', () => {
    for (const limit of [1, 2, 8, 64]) {
      expect(assertThreadPool(limit, String(neededThreads(limit)))).toBeNull();
    }
  });
});
