import type { VerifiedTokenCache } from '../application/access/verify-access-token.ts';
import {
  SERVICE_KEY_CACHE_MS,
  type ServiceAccountCache,
} from '../application/access/verify-service-key.ts';
import type { ServiceAccount } from '../domain/service-account/service-account-repository.ts';
import type { AccessTokenClaims } from '../domain/session/access-tokens.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';
import { createBoundedLru } from '../lib/bounded-lru.ts';

const MAX_VERIFIED_TOKENS = 50_000;
const MAX_SERVICE_ACCOUNTS = 1_000;

/** Caches verified access tokens. Expiry uses the monotonic clock, like the revocations that remove tokens. */
export function createVerifiedTokenCache(): VerifiedTokenCache & { clear(): void } {
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

/** Caches service accounts by the hash of their verified key. */
export function createServiceAccountCache(): ServiceAccountCache & { clear(): void } {
  const accounts = createBoundedLru<string, ServiceAccount>({
    maxEntries: MAX_SERVICE_ACCOUNTS,
    nowMs: monotonicMs,
  });
  let epoch = 0;
  return {
    get: (hash) => accounts.get(hash),
    set: (hash, account) => accounts.set(hash, account, monotonicMs() + SERVICE_KEY_CACHE_MS),
    clear: () => {
      epoch += 1;
      accounts.clear();
    },
    epoch: () => epoch,
  };
}
