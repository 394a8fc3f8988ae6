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
const MAX_KNOWN_SERVICE_ACCOUNTS = 1_000;

/** Makes the memory of verified access tokens, empty. By the monotonic clock, as the revocations that it relies on. */
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

/** Makes the memory of service accounts whose key was seen, empty. */
export function createServiceAccountCache(): ServiceAccountCache & { clear(): void } {
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
