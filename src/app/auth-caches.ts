import type { VerifiedTokenCache } from '../application/access/verify-access-token.ts';
import type { ServiceAccountCache } from '../application/access/verify-service-key.ts';
import type { ServiceTokenCache } from '../application/access/verify-service-token.ts';
import type { KeyedServiceAccount } from '../domain/service-account/service-account-repository.ts';
import type { ServiceTokenClaims, UserTokenClaims } from '../domain/session/access-tokens.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';
import { createBoundedLru } from '../lib/bounded-lru.ts';

const MAX_VERIFIED_TOKENS = 50_000;
/** Beyond it, all tokens are verified again. */
const MAX_FORGOTTEN_USERS = 10_000;
const MAX_SERVICE_ACCOUNTS = 1_000;
const MAX_SERVICE_TOKENS = 10_000;
/** A token is looked up by its last characters, which are of its signature: hashing all of it takes ten times as long. */
const KEY_LENGTH = 43;

interface VerifiedToken {
  readonly token: string;
  readonly claims: UserTokenClaims;
  /** The epoch before its session was read. */
  readonly epoch: number;
}

/**
 * Caches verified access tokens. Expiry uses the monotonic clock, like the revocations that remove tokens.
 * @param maxLifetimeMs longest life of a token in the cache, in milliseconds
 */
export function createVerifiedTokenCache(
  maxLifetimeMs: number,
): VerifiedTokenCache & { clear(): void } {
  const tokens = createBoundedLru<string, VerifiedToken>({
    maxEntries: MAX_VERIFIED_TOKENS,
    nowMs: monotonicMs,
  });
  let epoch = 0;
  let clearedAt = 0;
  /** The users whose older tokens do not count, in the order of `untilMs`, when those have expired. */
  const forgotten = new Map<string, { readonly epoch: number; readonly untilMs: number }>();

  function clear(): void {
    epoch += 1;
    clearedAt = epoch;
    tokens.clear();
    forgotten.clear();
  }

  function isForgotten({ claims, epoch: readAt }: VerifiedToken): boolean {
    return readAt < clearedAt || readAt < (forgotten.get(claims.userId)?.epoch ?? 0);
  }

  return {
    clear,
    epoch: () => epoch,
    get(token) {
      const known = tokens.get(keyOf(token));
      return known?.token !== token || isForgotten(known) ? undefined : known.claims;
    },
    set(token, claims, lifetimeMs, readAt) {
      const verified = { token, claims, epoch: readAt };
      if (isForgotten(verified)) return;
      tokens.set(keyOf(token), verified, monotonicMs() + Math.min(lifetimeMs, maxLifetimeMs));
    },
    forgetUser(userId) {
      const now = monotonicMs();
      for (const [known, { untilMs }] of forgotten) {
        if (untilMs > now) break;
        forgotten.delete(known);
      }
      if (forgotten.size >= MAX_FORGOTTEN_USERS) return clear();
      epoch += 1;
      // Deleted first, so that the order of insertion stays that of the ends.
      forgotten.delete(userId);
      forgotten.set(userId, { epoch, untilMs: now + maxLifetimeMs });
    },
  };
}

function keyOf(token: string): string {
  return token.slice(-KEY_LENGTH);
}

/** Caches service accounts by the hash of their verified key. */
export function createServiceAccountCache(): ServiceAccountCache & { clear(): void } {
  return createShortCache<KeyedServiceAccount>(MAX_SERVICE_ACCOUNTS);
}

/** Caches verified tokens of services by their text. */
export function createServiceTokenCache(): ServiceTokenCache & { clear(): void } {
  return createShortCache<ServiceTokenClaims>(MAX_SERVICE_TOKENS);
}

function createShortCache<V>(maxEntries: number) {
  const accounts = createBoundedLru<string, V>({ maxEntries, nowMs: monotonicMs });
  let epoch = 0;
  return {
    get: (name: string) => accounts.get(name),
    set: (name: string, value: V, lifetimeMs: number) =>
      accounts.set(name, value, monotonicMs() + lifetimeMs),
    clear: () => {
      epoch += 1;
      accounts.clear();
    },
    epoch: () => epoch,
  };
}
