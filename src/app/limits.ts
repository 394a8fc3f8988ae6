import { createHmac } from 'node:crypto';
import { createLimits, type Limits, type LimitsStats } from '../application/limits/limits.ts';
import { camelPolicy, POLICY_NAMES, type PolicyName } from '../application/limits/policies.ts';
import type { Config } from '../config/schema.ts';
import type { RateLimiter } from '../domain/limits/rate-limiter.ts';
import type { Logger } from '../domain/ports.ts';
import { createFallbackRateLimiter } from '../infrastructure/limits/fallback-rate-limiter.ts';
import { createMemoryRateLimiter } from '../infrastructure/limits/memory-rate-limiter.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';

/** Most keys that one process counts; about 20 MB. */
const MAX_LOCAL_KEYS = 100_000;
/** Bytes of a hashed address in a key: 96 bits do not collide by chance. */
const HASH_BYTES = 12;

export interface OpenedLimits {
  readonly limits: Limits;
  stats(): LimitsStats & { readonly fallbacks: number; readonly localKeys: number };
}

/**
 * Limits that all instances share on Redis. While it is away, or without one, each instance counts in its own memory: the
 * configured part of each limit, or the whole one where no Redis is configured.
 */
export function openLimits(
  config: Config,
  deps: {
    /** Null when no Redis is configured. */
    readonly shared: RateLimiter | null;
    /** Replaces the addresses in the keys. */
    readonly keySecret: Uint8Array;
    readonly logger: Logger;
  },
): OpenedLimits {
  const { shared, keySecret, logger } = deps;
  const local = createMemoryRateLimiter({ nowMs: monotonicMs, maxKeys: MAX_LOCAL_KEYS });
  const fallback =
    shared === null
      ? null
      : createFallbackRateLimiter({
          ...{ shared, local, logger, monotonicMs },
          share: config.limits.fallbackShare,
        });
  const { enabled, ipv6Prefix } = config.limits;
  const limits = createLimits({
    ...{ enabled, ipv6Prefix },
    policies: Object.fromEntries(
      POLICY_NAMES.map((name) => [name, config.limits[camelPolicy(name)]]),
    ) as Record<PolicyName, Config['limits']['global']>,
    limiter: fallback ?? local,
    serviceLimiter: createMemoryRateLimiter({ nowMs: monotonicMs, maxKeys: MAX_LOCAL_KEYS }),
    hashKey: (text) =>
      createHmac('sha256', keySecret).update(text).digest().toString('base64url', 0, HASH_BYTES),
  });
  return {
    limits,
    stats: () => ({
      ...limits.stats(),
      fallbacks: fallback?.fallbacks() ?? 0,
      localKeys: local.size(),
    }),
  };
}
