import type { HealthCheck } from '../../domain/ports.ts';
import { createBoundedLru } from '../../lib/bounded-lru.ts';
import type { Cache, CacheLookup } from './cache.ts';

export interface MemoryCacheOptions {
  /** Most keys held, leases included; beyond it the least recently used key is evicted. */
  readonly maxEntries: number;
  /** Life of a lease whose holder never fills, in milliseconds. */
  readonly leaseTtlMs: number;
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
}

type Entry =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'lease'; readonly lease: string };

/**
 * A cache in this process, for the embedded database only: no other instance could invalidate it.
 *
 * A key is absent, leased or filled. `get` leases an absent key and `fill` under that lease fills it; `invalidate`,
 * expiry and eviction make it absent again. Lease tokens are never reused.
 */
export function createMemoryCache(options: MemoryCacheOptions): Cache {
  const { leaseTtlMs, nowMs } = options;
  const entries = createBoundedLru<string, Entry>(options);
  let leases = 0;

  function lookUp(key: string): CacheLookup {
    const entry = entries.get(key);
    if (entry?.kind === 'value') return { kind: 'hit', value: entry.value };
    if (entry !== undefined) return { kind: 'busy' };
    leases += 1;
    const lease = String(leases);
    entries.set(key, { kind: 'lease', lease }, nowMs() + leaseTtlMs);
    return { kind: 'lease', lease };
  }

  function fill(key: string, lease: string, value: string, ttlMs: number): boolean {
    const entry = entries.get(key);
    if (entry?.kind !== 'lease' || entry.lease !== lease) return false;
    entries.set(key, { kind: 'value', value }, nowMs() + ttlMs);
    return true;
  }

  return {
    get: async (key) => lookUp(key),
    getMany: async (keys) => keys.map(lookUp),
    fill: async (key, lease, value, ttlMs) => fill(key, lease, value, ttlMs),
    fillMany: async (fills) =>
      fills.filter(({ key, lease, value, ttlMs }) => fill(key, lease, value, ttlMs)).length,
    async invalidate(keys) {
      for (const key of keys) entries.delete(key);
      return true;
    },
  };
}

const PROBE_KEY = 'health:probe';

/** Checks that a look-up and an invalidation complete. */
export function createMemoryCacheHealthCheck(cache: Cache): HealthCheck {
  return {
    name: 'cache',
    driver: 'memory',
    required: false,
    async check(signal) {
      signal.throwIfAborted();
      await cache.get(PROBE_KEY);
      await cache.invalidate([PROBE_KEY]);
    },
  };
}
