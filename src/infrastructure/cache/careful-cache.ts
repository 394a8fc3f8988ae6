import type { Cache, CacheLookup, Logger } from '../../domain/ports.ts';

/** A cache whose failures are misses. */
export interface CarefulCache {
  /** `busy` when the cache failed: read the source and do not fill. */
  get(key: string): Promise<CacheLookup>;
  fill(key: string, lease: string, value: string, ttlMs: number): Promise<void>;
  /** @returns false when the cache did not take it, so that old values may live until they expire. */
  invalidate(keys: readonly string[]): Promise<boolean>;
}

/** Never throws. Logs the first failure of a row of them and the first success after it, so that an outage is two lines. */
export function createCarefulCache(cache: Cache, logger: Logger): CarefulCache {
  let failing = false;

  async function attempt<T>(work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      const result = await work();
      if (failing) {
        failing = false;
        logger.info('the cache works again');
      }
      return result;
    } catch (error) {
      if (!failing) {
        failing = true;
        logger.warn('the cache failed; reads go to the database', { error });
      }
      return otherwise;
    }
  }

  return {
    get: (key) => attempt<CacheLookup>(() => cache.get(key), { kind: 'busy' }),
    fill: async (key, lease, value, ttlMs) =>
      void (await attempt(() => cache.fill(key, lease, value, ttlMs), false)),
    invalidate: (keys) => attempt(() => cache.invalidate(keys).then(() => true), false),
  };
}
