import {
  type KnownServiceAccounts,
  SERVICE_KEY_CACHE_MS,
} from './application/access/authenticate-service.ts';
import type { VerifiedTokens } from './application/access/authenticate-user.ts';
import type { AccessTokenClaims, Logger } from './domain/ports.ts';
import type { ServiceAccount } from './domain/service-account/service-account-repository.ts';
import type { UserReader } from './domain/user/user-repository.ts';
import { createCachedUserReader } from './infrastructure/cache/cached-user-reader.ts';
import { createMemoryCache, createMemoryCacheHealthCheck } from './infrastructure/cache/memory.ts';
import { monotonicMs } from './infrastructure/system/monotonic.ts';
import { createBoundedLru } from './lib/bounded-lru.ts';

const MAX_CACHE_ENTRIES = 50_000;
const CACHE_TTL_MS = 300_000;
/** Longer than any read of the database takes. */
const CACHE_LEASE_MS = 10_000;
const MAX_VERIFIED_TOKENS = 50_000;
const MAX_KNOWN_SERVICE_ACCOUNTS = 1_000;

/** Makes the memory of verified access tokens, empty. By the monotonic clock, as the revocations that it relies on. */
export function createVerifiedTokens(): VerifiedTokens & { clear(): void } {
  const tokens = createBoundedLru<string, AccessTokenClaims>({
    maxEntries: MAX_VERIFIED_TOKENS,
    nowMs: monotonicMs,
  });
  return {
    get: (token) => tokens.get(token),
    set: (token, claims, lifetimeMs) => tokens.set(token, claims, monotonicMs() + lifetimeMs),
    clear: () => tokens.clear(),
  };
}

/** Makes the memory of service accounts whose key was seen, empty. */
export function createKnownServiceAccounts(): KnownServiceAccounts & { clear(): void } {
  const known = createBoundedLru<string, ServiceAccount>({
    maxEntries: MAX_KNOWN_SERVICE_ACCOUNTS,
    nowMs: monotonicMs,
  });
  let epoch = 0;
  return {
    get: (hash) => known.get(hash),
    set: (hash, account) => known.set(hash, account, monotonicMs() + SERVICE_KEY_CACHE_MS),
    clear: () => {
      epoch += 1;
      known.clear();
    },
    epoch: () => epoch,
  };
}

/** Makes the copies of users that this process keeps, none yet, over the reader that they come from. */
export function createRememberedUsers(source: UserReader, logger: Logger) {
  const cache = createMemoryCache({
    maxEntries: MAX_CACHE_ENTRIES,
    leaseTtlMs: CACHE_LEASE_MS,
    nowMs: monotonicMs,
  });
  return {
    cachedUsers: createCachedUserReader({ source, cache, ttlMs: CACHE_TTL_MS, logger }),
    cacheHealth: createMemoryCacheHealthCheck(cache),
  };
}
