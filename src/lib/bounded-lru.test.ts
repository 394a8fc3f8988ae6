import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBoundedLru } from './bounded-lru.ts';

describe('a bounded LRU map', () => {
  test('evicts the least recently used entry', () => {
    const map = createBoundedLru<string, number>({ maxEntries: 2, nowMs: () => 0 });
    map.set('a', 1, 10);
    map.set('b', 2, 10);
    expect(map.get('a')).toBe(1);
    map.set('c', 3, 10);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3]);
  });

  test('setting an existing key again evicts nothing', () => {
    const map = createBoundedLru<string, number>({ maxEntries: 2, nowMs: () => 0 });
    map.set('a', 1, 10);
    map.set('b', 2, 10);
    map.set('b', 3, 10);
    expect([map.get('a'), map.get('b')]).toEqual([1, 3]);
  });

  test('removes an entry at its expiry time', () => {
    let nowMs = 0;
    const map = createBoundedLru<string, number>({ maxEntries: 2, nowMs: () => nowMs });
    map.set('a', 1, 10);
    nowMs = 9;
    expect(map.get('a')).toBe(1);
    nowMs = 10;
    expect(map.get('a')).toBeUndefined();
    expect(map.size()).toBe(0);
  });

  test('deletes one and clears all', () => {
    const map = createBoundedLru<string, number>({ maxEntries: 3, nowMs: () => 0 });
    map.set('a', 1, 10);
    map.set('b', 2, 10);
    expect(map.delete('a')).toBe(true);
    expect(map.delete('a')).toBe(false);
    map.clear();
    expect(map.get('b')).toBeUndefined();
  });

  test('keeps nothing when its bound is zero', () => {
    const map = createBoundedLru<string, number>({ maxEntries: 0, nowMs: () => 0 });
    map.set('a', 1, 10);
    expect(map.size()).toBe(0);
  });

  test('never exceeds its bound and returns only the last value set', () => {
    const step = fc.record({
      write: fc.boolean(),
      key: fc.integer({ min: 0, max: 9 }),
      value: fc.nat(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step), (maxEntries, steps) => {
        const map = createBoundedLru<number, number>({ maxEntries, nowMs: () => 0 });
        const last = new Map<number, number>();
        for (const { write, key, value } of steps) {
          if (write) {
            map.set(key, value, 1);
            last.set(key, value);
          } else {
            expect([undefined, last.get(key)]).toContain(map.get(key));
          }
          expect(map.size()).toBeLessThanOrEqual(maxEntries);
        }
      }),
    );
  });
});
