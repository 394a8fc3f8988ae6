import type { Bucket, BucketState, RateLimiter } from '../../domain/limits/rate-limiter.ts';
import { createBoundedLru } from '../../lib/bounded-lru.ts';

export interface MemoryRateLimiterDeps {
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** Keys that are remembered; beyond, the least recently used one starts with a full bucket again. */
  readonly maxKeys: number;
}

/** A rate limiter for one process, which answers at once. */
export interface MemoryRateLimiter extends RateLimiter {
  /** As `take`, without a promise. */
  takeNow(buckets: readonly Bucket[]): readonly BucketState[];
  /** Number of remembered keys. */
  size(): number;
}

/**
 * Counts in this process by GCRA. For each key it keeps the time at which the bucket is full again, in microseconds, and
 * forgets the key at that time.
 */
export function createMemoryRateLimiter(deps: MemoryRateLimiterDeps): MemoryRateLimiter {
  const { nowMs, maxKeys } = deps;
  const fullAtUs = createBoundedLru<string, number>({ maxEntries: maxKeys, nowMs });

  function takeNow(buckets: readonly Bucket[]): readonly BucketState[] {
    const nowUs = Math.floor(nowMs() * 1_000);
    const states = buckets.map(({ key, intervalUs, burst, cost }): BucketState => {
      const before = Math.max((fullAtUs.get(key) ?? nowUs) - nowUs, 0);
      const after = before + intervalUs * cost;
      const waitUs = Math.max(after - intervalUs * burst, 0);
      return { waitUs, fillUs: waitUs > 0 ? before : after };
    });
    const refused = states.some(({ waitUs }) => waitUs > 0);
    return states.map((state, index) => {
      const bucket = buckets[index];
      if (bucket === undefined) return state;
      // A refused request takes nothing from the buckets that it fits in.
      if (refused && state.waitUs === 0) {
        return { waitUs: 0, fillUs: state.fillUs - bucket.intervalUs * bucket.cost };
      }
      if (!refused) fullAtUs.set(bucket.key, nowUs + state.fillUs, (nowUs + state.fillUs) / 1_000);
      return state;
    });
  }

  return { takeNow, take: async (buckets) => takeNow(buckets), size: () => fullAtUs.size() };
}
