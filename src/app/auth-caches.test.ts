import { describe, expect, it } from 'vitest';
import type { UserTokenClaims } from '../domain/session/access-tokens.ts';
import { createVerifiedTokenCache } from './auth-caches.ts';

const HOUR_MS = 3_600_000;

function claimsOf(userId: string): UserTokenClaims {
  return {
    ...{ kind: 'user', audience: [], authenticatedAt: 0 },
    ...{ userId, sessionId: `session of ${userId}`, clientId: 'client', tokenId: userId },
    ...{ issuedAt: 0, expiresAt: 600 },
  };
}

/** A cache with one verified token of each user, under the user's name. */
function cacheWith(...users: readonly string[]) {
  const cache = createVerifiedTokenCache(HOUR_MS);
  for (const user of users) cache.set(user, claimsOf(user), HOUR_MS, cache.epoch());
  return cache;
}

describe('the cache of verified tokens', () => {
  it('forgets the tokens of one user, and keeps those that are verified later', () => {
    const cache = cacheWith('ann', 'bob');
    cache.forgetUser('ann');
    expect(cache.get('ann')).toBeUndefined();
    expect(cache.get('bob')).toEqual(claimsOf('bob'));
    cache.set('ann', claimsOf('ann'), HOUR_MS, cache.epoch());
    expect(cache.get('ann')).toEqual(claimsOf('ann'));
  });

  it('tells tokens with the same signature apart', () => {
    const signature = 's'.repeat(86);
    const cache = cacheWith(`ann.${signature}`);
    expect(cache.get(`ann.${signature}`)).toEqual(claimsOf(`ann.${signature}`));
    expect(cache.get(`bob.${signature}`)).toBeUndefined();
    expect(cache.get(signature.slice(-43))).toBeUndefined();
  });

  it('does not keep a token whose session was read before its user was forgotten', () => {
    const cache = cacheWith();
    const before = cache.epoch();
    cache.forgetUser('ann');
    cache.set('ann', claimsOf('ann'), HOUR_MS, before);
    cache.set('bob', claimsOf('bob'), HOUR_MS, before);
    expect(cache.get('ann')).toBeUndefined();
    expect(cache.get('bob')).toEqual(claimsOf('bob'));
  });

  it('does not keep a token whose session was read before all were forgotten', () => {
    const cache = cacheWith('ann');
    const before = cache.epoch();
    cache.clear();
    expect(cache.get('ann')).toBeUndefined();
    cache.set('ann', claimsOf('ann'), HOUR_MS, before);
    expect(cache.get('ann')).toBeUndefined();
  });

  it('forgets all tokens rather than more than 10,000 users', () => {
    const cache = cacheWith('ann');
    for (let user = 0; user < 10_000; user += 1) cache.forgetUser(`user ${user}`);
    expect(cache.get('ann')).toEqual(claimsOf('ann'));
    const before = cache.epoch();
    cache.forgetUser('one more');
    expect(cache.get('ann')).toBeUndefined();
    cache.set('one more', claimsOf('one more'), HOUR_MS, before);
    expect(cache.get('one more')).toBeUndefined();
  });
});
