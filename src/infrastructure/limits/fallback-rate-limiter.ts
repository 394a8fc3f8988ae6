import type { Bucket, RateLimiter } from '../../domain/limits/rate-limiter.ts';
import type { Logger } from '../../domain/ports.ts';
import { createOutageLog } from '../../lib/outage-log.ts';

export interface FallbackRateLimiterDeps {
  readonly shared: RateLimiter;
  /** Counts in this process while the shared one fails. */
  readonly local: RateLimiter;
  /** Part of each limit that this process allows then, from 0 to 1: other instances allow theirs. */
  readonly share: number;
  readonly logger: Logger;
  readonly monotonicMs: () => number;
}

export interface FallbackRateLimiter extends RateLimiter {
  /** Requests that were counted in this process because the shared limiter failed, since the start. */
  fallbacks(): number;
}

/** Successes for this long end an outage in the log, in milliseconds. */
const QUIET_MS = 1_000;

/** Counts with the shared limiter, and with the local one at stricter limits while the shared one fails: never open. */
export function createFallbackRateLimiter(deps: FallbackRateLimiterDeps): FallbackRateLimiter {
  const { shared, local, share, logger } = deps;
  const outages = createOutageLog({
    onOutage: (error) => logger.warn('limits are counted in this process', { error }),
    onRecovery: (count) => logger.info('limits are counted in Redis again', { requests: count }),
    quietMs: QUIET_MS,
    nowMs: deps.monotonicMs,
  });
  let fallbacks = 0;

  return {
    async take(buckets) {
      try {
        const states = await shared.take(buckets);
        outages.succeeded();
        return states;
      } catch (error) {
        fallbacks += 1;
        outages.failed(error);
        return await local.take(buckets.map((bucket) => reduced(bucket, share)));
      }
    },
    fallbacks: () => fallbacks,
  };
}

/** A limit that allows the share of the rate and of the burst, and at least the request itself. */
function reduced(bucket: Bucket, share: number): Bucket {
  return {
    ...bucket,
    intervalUs: Math.ceil(bucket.intervalUs / share),
    burst: Math.max(bucket.cost, Math.floor(bucket.burst * share)),
  };
}
