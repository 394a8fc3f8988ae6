import type { Cache, CacheFill, CacheLookup, Logger } from '../../domain/ports.ts';

/** A cache whose failures are misses. */
export interface CarefulCache {
  /** `busy` when the cache failed: read the source and do not fill. */
  get(key: string): Promise<CacheLookup>;
  /** As many answers as keys. */
  getMany(keys: readonly string[]): Promise<readonly CacheLookup[]>;
  fill(key: string, lease: string, value: string, ttlMs: number): Promise<void>;
  fillMany(fills: readonly CacheFill[]): Promise<void>;
  /** @returns false when the cache did not take it, so that old values may live until they expire. */
  invalidate(keys: readonly string[]): Promise<boolean>;
}

const BUSY: CacheLookup = { kind: 'busy' };

/** Never throws. Logs the first failure of a row of them and the first success after it, so that an outage is two lines. */
export function createCarefulCache(cache: Cache, logger: Logger): CarefulCache {
  let failing = false;

  async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
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
      return undefined;
    }
  }

  return {
    get: async (key) => (await attempt(() => cache.get(key))) ?? BUSY,
    getMany: async (keys) => (await attempt(() => cache.getMany(keys))) ?? keys.map(() => BUSY),
    async fill(key, lease, value, ttlMs) {
      await attempt(() => cache.fill(key, lease, value, ttlMs));
    },
    async fillMany(fills) {
      if (fills.length > 0) await attempt(() => cache.fillMany(fills));
    },
    invalidate: async (keys) =>
      (await attempt(() => cache.invalidate(keys).then(() => true))) === true,
  };
}
