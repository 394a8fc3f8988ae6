import { describe, expect, it } from 'vitest';
import { portWith } from '../../../test/support/ports.ts';
import { DomainError } from '../../domain/errors.ts';
import { invalidToken } from '../../domain/rejections.ts';
import type {
  AccessTokenClaims,
  AccessTokens,
  ServiceTokenClaims,
  UserTokenClaims,
} from '../../domain/session/access-tokens.ts';
import type { LiveSession } from '../../domain/session/session-repository.ts';
import { createVerifyAccessToken } from './verify-access-token.ts';

const claims: UserTokenClaims = {
  kind: 'user',
  audience: ['user-service'],
  authenticatedAt: 1_000,
  userId: 'user 1',
  sessionId: 'session 1',
  clientId: 'client',
  tokenId: 'token 1',
  issuedAt: 1_000,
  expiresAt: 1_600,
};
const serviceClaims: ServiceTokenClaims = {
  kind: 'service',
  accountId: 'account 1',
  keyId: 'key 1',
  scopes: ['users:read'],
  audience: ['user-service'],
  clientId: 'account 1',
  tokenId: 'token 2',
  issuedAt: 1_000,
  expiresAt: 1_600,
};
const ACCESS_TTL_MS = 900_000;
const live: LiveSession = {
  id: 'session 1',
  userId: 'user 1',
  remainingMs: 3_600_000,
  sinceAuthenticationMs: 0,
};

/** A verification with a clock, a database and revocations that the test controls. */
function setUp() {
  const state = {
    fresh: true,
    revoked: false,
    verifications: 0,
    queries: 0,
    accountQueries: 0,
    accountRevoked: false,
    nowMs: 1_000_000,
    epoch: 0,
  };
  let answer: () => Promise<LiveSession | null> = async () => live;
  const verified = new Map<
    string,
    { claims: UserTokenClaims; lifetimeMs: number; epoch: number }
  >();
  const serviceTokens = new Map<string, ServiceTokenClaims>();
  const verifyAtOnce = createVerifyAccessToken({
    accessTokens: portWith<AccessTokens>({
      async verify(token) {
        state.verifications += 1;
        const known: Readonly<Record<string, AccessTokenClaims>> = {
          good: claims,
          service: serviceClaims,
          elsewhere: { ...claims, audience: ['billing'] },
        };
        return known[token] ?? null;
      },
    }),
    sessions: {
      findLive() {
        state.queries += 1;
        return answer();
      },
    },
    revocations: { isFresh: () => state.fresh, isRevoked: () => state.revoked },
    verified: {
      epoch: () => state.epoch,
      get: (token) => verified.get(token)?.claims,
      set: (token, value, lifetimeMs, epoch) =>
        void verified.set(token, { claims: value, lifetimeMs, epoch }),
    },
    accessTtlMs: ACCESS_TTL_MS,
    ownAudience: 'user-service',
    serviceTokens: { get: (token) => serviceTokens.get(token) },
    async verifyServiceToken(token, found) {
      state.accountQueries += 1;
      if (state.accountRevoked) throw invalidToken('revoked');
      serviceTokens.set(token, found);
      return found;
    },
    clock: { now: () => new Date(state.nowMs) },
  });
  return {
    verifyAtOnce,
    verifyToken: async (...args: Parameters<typeof verifyAtOnce>) => verifyAtOnce(...args),
    state,
    verified,
    answerWith(next: () => Promise<LiveSession | null>) {
      answer = next;
    },
  };
}

const refused = { code: 'invalid_token' };

describe('the verification of an access token', () => {
  it('refuses a token for another service, cached or not, unless any audience will do', async () => {
    const { verifyToken, state } = setUp();
    await expect(verifyToken('elsewhere')).rejects.toMatchObject(refused);
    expect(state.queries).toBe(0);
    expect(await verifyToken('elsewhere', 'database', 'any')).toMatchObject({ userId: 'user 1' });
    await expect(verifyToken('elsewhere')).rejects.toMatchObject(refused);
  });

  it('reads the account of a service, keeps it for the cache only, and reads no session', async () => {
    const { verifyToken, state } = setUp();
    expect(await verifyToken('service')).toBe(serviceClaims);
    expect(await verifyToken('service')).toBe(serviceClaims);
    expect([state.verifications, state.accountQueries, state.queries]).toEqual([1, 1, 0]);
    state.accountRevoked = true;
    await expect(verifyToken('service', 'database')).rejects.toMatchObject(refused);
  });

  it('reads the session and checks the signature once while the revocations are fresh', async () => {
    const { verifyToken, state } = setUp();
    for (let round = 0; round < 5; round += 1) {
      await expect(verifyToken('good')).resolves.toEqual(claims);
    }
    expect(state).toMatchObject({ verifications: 1, queries: 1 });
  });

  it('returns the claims of a cached token without a promise, and a promise in every other case', async () => {
    const { verifyAtOnce, state } = setUp();
    const later = async (verified: unknown) => {
      expect(verified).toBeInstanceOf(Promise);
      expect(await verified).toEqual(claims);
    };
    await later(verifyAtOnce('good'));
    expect(verifyAtOnce('good')).toEqual(claims);
    await later(verifyAtOnce('good', 'database'));
    state.fresh = false;
    await later(verifyAtOnce('good'));
    state.fresh = true;
    state.revoked = true;
    await expect(verifyAtOnce('good')).rejects.toMatchObject(refused);
    state.revoked = false;
    state.nowMs = (claims.expiresAt + 60) * 1000;
    await later(verifyAtOnce('good'));
    expect(state.verifications).toBe(2);
  });

  it('reads the session every time while the revocations are stale', async () => {
    const { verifyToken, state } = setUp();
    state.fresh = false;
    await verifyToken('good');
    await verifyToken('good');
    expect(state).toMatchObject({ verifications: 1, queries: 2 });
  });

  it('accepts no token while the revocations are stale and the database is down, not even a cached one', async () => {
    const { verifyToken, state, answerWith } = setUp();
    await verifyToken('good');
    state.fresh = false;
    answerWith(() => Promise.reject(new DomainError('unavailable', 'Down.')));
    await expect(verifyToken('good')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('rejects an invalid token without a query', async () => {
    const { verifyToken, state } = setUp();
    await expect(verifyToken('bad')).rejects.toMatchObject(refused);
    expect(state.queries).toBe(0);
  });

  it('rejects a cached token whose session is revoked while the revocations are fresh', async () => {
    const { verifyToken, state } = setUp();
    await verifyToken('good');
    state.revoked = true;
    await expect(verifyToken('good')).rejects.toMatchObject(refused);
    expect(state.queries).toBe(1);
  });

  it('caches a token with the epoch before its session was read', async () => {
    const { verifyToken, state, verified, answerWith } = setUp();
    answerWith(async () => {
      state.epoch += 1;
      return live;
    });
    await verifyToken('good');
    expect(verified.get('good')?.epoch).toBe(0);
  });

  it('from the database reads the session every time, of a cached token too', async () => {
    const { verifyToken, state, answerWith } = setUp();
    await verifyToken('good');
    await expect(verifyToken('good', 'database')).resolves.toEqual(claims);
    expect(state.queries).toBe(2);
    answerWith(async () => null);
    await expect(verifyToken('good', 'database')).rejects.toMatchObject(refused);
    answerWith(() => Promise.reject(new DomainError('unavailable', 'Down.')));
    await expect(verifyToken('good', 'database')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('rejects a token whose session is gone or belongs to another user', async () => {
    const { verifyToken, verified, answerWith } = setUp();
    answerWith(async () => null);
    await expect(verifyToken('good')).rejects.toMatchObject(refused);
    answerWith(async () => ({ ...live, userId: 'user 2' }));
    await expect(verifyToken('good')).rejects.toMatchObject(refused);
    expect(verified.size).toBe(0);
  });

  it('rejects and does not cache a token that is revoked during the query', async () => {
    const { verifyToken, state, verified, answerWith } = setUp();
    answerWith(async () => {
      state.revoked = true;
      return live;
    });
    await expect(verifyToken('good')).rejects.toMatchObject(refused);
    expect(verified.size).toBe(0);
  });

  it('caches a token until it or its session ends, whichever is first', async () => {
    const { verifyToken, verified, answerWith } = setUp();
    await verifyToken('good');
    // Its exp, and the leeway for clocks that differ.
    expect(verified.get('good')?.lifetimeMs).toBe(660_000);
    verified.clear();
    answerWith(async () => ({ ...live, remainingMs: 20_000 }));
    await verifyToken('good');
    expect(verified.get('good')?.lifetimeMs).toBe(20_000);
  });

  it('caches a token no longer than its revocation is kept, even one with a longer lifetime', async () => {
    const { verifyToken, state, verified } = setUp();
    // Issued when tokens.access_ttl was an hour, or by an instance where it still is.
    state.nowMs = claims.expiresAt * 1_000 - 3_600_000;
    await verifyToken('good');
    expect(verified.get('good')?.lifetimeMs).toBe(ACCESS_TTL_MS);
  });

  it('verifies a cached token again once it has expired by the wall clock and the leeway', async () => {
    const { verifyToken, state } = setUp();
    await verifyToken('good');
    state.nowMs = (claims.expiresAt + 60) * 1_000 - 1;
    await verifyToken('good');
    expect(state).toMatchObject({ verifications: 1, queries: 1 });
    state.nowMs += 1;
    await verifyToken('good');
    expect(state).toMatchObject({ verifications: 2, queries: 2 });
  });

  it('is unavailable at its deadline when the database hangs, and a late result changes nothing', async () => {
    const { verifyToken, verified, answerWith } = setUp();
    let answerLate: (session: LiveSession) => void = () => {};
    const late = new Promise<LiveSession>((resolve) => {
      answerLate = resolve;
    });
    answerWith(() => late);
    await expect(verifyToken('good')).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterSeconds: 1,
    });
    answerLate(live);
    await late;
    expect(verified.size).toBe(0);
  });
});
