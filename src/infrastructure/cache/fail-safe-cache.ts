import type { Logger } from '../../domain/ports.ts';
import { monotonicMs } from '../system/monotonic.ts';
import type { Cache, CacheFill, CacheLookup } from './cache.ts';

/** A cache whose failures are misses. */
export interface FailSafeCache {
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
const wasAsked = ({ kind }: CacheLookup): boolean => kind !== 'busy';
/** How long nothing may have failed before the cache is said to work again: some calls also succeed while it is full. */
const QUIET_MS = 5_000;

/** Never throws. Logs the first failure, and the first success after none for five seconds: an outage is two lines. */
export function createFailSafeCache(
  cache: Cache,
  logger: Logger,
  nowMs: () => number = monotonicMs,
): FailSafeCache {
  let failedAtMs: number | null = null;

  function succeeded(): void {
    if (failedAtMs === null || nowMs() - failedAtMs < QUIET_MS) return;
    failedAtMs = null;
    logger.info('the cache works again');
  }

  function failed(error: unknown): void {
    if (failedAtMs === null) logger.warn('the cache failed; reads go to the database', { error });
    failedAtMs = nowMs();
  }

  async function attempt<T>(
    work: () => Promise<T>,
    tells: (result: T) => boolean = () => true,
  ): Promise<T | undefined> {
    try {
      const result = await work();
      if (tells(result)) succeeded();
      return result;
    } catch (error) {
      failed(error);
      return undefined;
    }
  }

  return {
    // A busy cache may not have been asked at all.
    get: async (key) => (await attempt(() => cache.get(key), wasAsked)) ?? BUSY,
    getMany: async (keys) =>
      (await attempt(
        () => cache.getMany(keys),
        (lookups) => lookups.some(wasAsked),
      )) ?? keys.map(() => BUSY),
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
