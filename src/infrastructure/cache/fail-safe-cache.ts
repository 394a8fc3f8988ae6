import type { Logger } from '../../domain/ports.ts';
import { createOutageLog } from '../../lib/outage-log.ts';
import { monotonicMs } from '../system/monotonic.ts';
import type { Cache, CacheLookup } from './cache.ts';

const BUSY: CacheLookup = { kind: 'busy' };
/** A busy result may come without a call to the cache, so it does not prove that the cache works. */
const provesHealthy = ({ kind }: CacheLookup): boolean => kind !== 'busy';
/** Time without a failure before an outage counts as over: some calls also succeed while the cache is full. */
const QUIET_MS = 5_000;

/**
 * A cache that never rejects: a failed look-up is `busy`, a failed fill keeps nothing, a failed invalidation returns
 * false. An outage is logged in two lines: the first failure, and the first success after five seconds without one.
 */
export function createFailSafeCache(
  cache: Cache,
  logger: Logger,
  nowMs: () => number = monotonicMs,
): Cache {
  const outage = createOutageLog({
    nowMs,
    quietMs: QUIET_MS,
    onOutage: (error) => logger.warn('the cache failed; reads go to the database', { error }),
    onRecovery: () => logger.info('the cache works again'),
  });

  async function attempt<T>(
    call: () => Promise<T>,
    fallback: T,
    isProof: (result: T) => boolean = () => true,
  ): Promise<T> {
    try {
      const result = await call();
      if (isProof(result)) outage.succeeded();
      return result;
    } catch (error) {
      outage.failed(error);
      return fallback;
    }
  }

  // One promise and no closure: this is most of what the service does.
  function found(lookup: CacheLookup): CacheLookup {
    if (provesHealthy(lookup)) outage.succeeded();
    return lookup;
  }
  function notFound(error: unknown): CacheLookup {
    outage.failed(error);
    return BUSY;
  }

  return {
    get: (key) => cache.get(key).then(found, notFound),
    getMany: (keys) =>
      attempt(
        () => cache.getMany(keys),
        keys.map(() => BUSY),
        (lookups) => lookups.some(provesHealthy),
      ),
    fill: (key, lease, value, ttlMs) => attempt(() => cache.fill(key, lease, value, ttlMs), false),
    fillMany: async (fills) => (fills.length === 0 ? 0 : attempt(() => cache.fillMany(fills), 0)),
    invalidate: (keys) => attempt(() => cache.invalidate(keys), false),
  };
}
