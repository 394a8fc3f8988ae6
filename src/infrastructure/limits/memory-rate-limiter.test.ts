import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createMemoryRateLimiter } from './memory-rate-limiter.ts';

/** An exact simulation: each key has a level that drains one unit in each interval. */
function createModel(interval: number, burst: number) {
  const levels = new Map<string, { level: number; atUs: number }>();
  const levelOf = (key: string, nowUs: number): number => {
    const { level, atUs } = levels.get(key) ?? { level: 0, atUs: nowUs };
    return Math.max(0, level - (nowUs - atUs) / interval);
  };
  return (keys: readonly string[], cost: number, nowUs: number): boolean => {
    if (keys.some((key) => levelOf(key, nowUs) + cost > burst)) return false;
    for (const key of keys) levels.set(key, { level: levelOf(key, nowUs) + cost, atUs: nowUs });
    return true;
  };
}

const steps = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 40 }),
    keys: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
    cost: fc.integer({ min: 1, max: 3 }),
  }),
  { maxLength: 120 },
);

test('admits exactly what a simulation of leaking buckets admits, in all keys or in none', () => {
  fc.assert(
    // Intervals that are powers of two, so that the levels of the simulation are exact.
    fc.property(
      steps,
      fc.constantFrom(1, 2, 4, 8, 16, 32),
      fc.integer({ min: 3, max: 12 }),
      (all, intervalMs, burst) => {
        let nowMs = 1_000;
        const limiter = createMemoryRateLimiter({ nowMs: () => nowMs, maxKeys: 10 });
        const model = createModel(intervalMs * 1_000, burst);
        for (const { afterMs, keys, cost } of all) {
          nowMs += afterMs;
          const buckets = keys.map((key) => ({ key, intervalUs: intervalMs * 1_000, burst, cost }));
          const states = limiter.takeNow(buckets);
          const admitted = states.every(({ waitUs }) => waitUs === 0);
          expect(admitted).toBe(model(keys, cost, nowMs * 1_000));
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a refused request fits after exactly the time that it is told', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 999_983 }),
      fc.integer({ min: 1, max: 50 }),
      (us, burst) => {
        let nowMs = 5;
        const limiter = createMemoryRateLimiter({ nowMs: () => nowMs, maxKeys: 1 });
        const take = () =>
          limiter.takeNow([{ key: 'k', intervalUs: us * 1_000, burst, cost: 1 }])[0];
        for (let count = 0; count < burst; count += 1) expect(take()?.waitUs).toBe(0);
        const waitMs = (take()?.waitUs ?? 0) / 1_000;
        expect(waitMs).toBe(us);
        nowMs += waitMs - 1;
        expect(take()?.waitUs).toBe(1_000);
        nowMs += 1;
        expect(take()?.waitUs).toBe(0);
      },
    ),
  );
});

test('forgets the key that was used least recently at its bound, and a full bucket by itself', () => {
  let nowMs = 0;
  const limiter = createMemoryRateLimiter({ nowMs: () => nowMs, maxKeys: 2 });
  const take = (key: string) =>
    limiter.takeNow([{ key, intervalUs: 1_000_000, burst: 1, cost: 1 }])[0]?.waitUs;
  expect([take('a'), take('b'), take('a'), take('c')]).toEqual([0, 0, 1_000_000, 0]);
  expect(limiter.size()).toBe(2);
  expect([take('a'), take('b')]).toEqual([1_000_000, 0]);
  nowMs = 1_000;
  expect(take('a')).toBe(0);
});
