import { describe, expect, it } from 'vitest';
import { portWith } from '../../../test/support/ports.ts';
import { DomainError } from '../../domain/errors.ts';
import type { AccessTokenClaims, AccessTokens } from '../../domain/session/access-tokens.ts';
import type { LiveSession } from '../../domain/session/session-repository.ts';
import { createVerifyAccessToken } from './verify-access-token.ts';

const claims: AccessTokenClaims = {
  userId: 'user 1',
  sessionId: 'session 1',
  clientId: 'client',
  tokenId: 'token 1',
  issuedAt: 1_000,
  expiresAt: 1_600,
};
const ACCESS_TTL_MS = 900_000;
const live: LiveSession = { id: 'session 1', userId: 'user 1', remainingMs: 3_600_000 };

/** A check of which the test holds the clock, the database and the view of revocations in hand. */
function setUp() {
  const state = { fresh: true, revoked: false, verifications: 0, questions: 0, nowMs: 1_000_000 };
  let answer: () => Promise<LiveSession | null> = async () => live;
  const verified = new Map<string, { claims: AccessTokenClaims; lifetimeMs: number }>();
  const authenticate = createVerifyAccessToken({
    accessTokens: portWith<AccessTokens>({
      async verify(token) {
        state.verifications += 1;
        return token === 'good' ? claims : null;
      },
    }),
    sessions: {
      findLive() {
        state.questions += 1;
        return answer();
      },
    },
    revocations: { isFresh: () => state.fresh, isRevoked: () => state.revoked },
    verified: {
      get: (token) => verified.get(token)?.claims,
      set: (token, value, lifetimeMs) => void verified.set(token, { claims: value, lifetimeMs }),
    },
    accessTtlMs: ACCESS_TTL_MS,
    clock: { now: () => new Date(state.nowMs) },
  });
  return {
    authenticate,
    state,
    verified,
    answerWith(next: () => Promise<LiveSession | null>) {
      answer = next;
    },
  };
}

const refused = { code: 'invalid_token' };

describe('the check of an access token', () => {
  it('asks the database once, and then neither it nor the signature while the view is fresh', async () => {
    const { authenticate, state } = setUp();
    for (let round = 0; round < 5; round += 1) {
      await expect(authenticate('good')).resolves.toEqual(claims);
    }
    expect(state).toMatchObject({ verifications: 1, questions: 1 });
  });

  it('asks the database every time while the view is stale', async () => {
    const { authenticate, state } = setUp();
    state.fresh = false;
    await authenticate('good');
    await authenticate('good');
    expect(state).toMatchObject({ verifications: 1, questions: 2 });
  });

  it('lets nobody in while the view is stale and the database away, not even who was let in before', async () => {
    const { authenticate, state, answerWith } = setUp();
    await authenticate('good');
    state.fresh = false;
    answerWith(() => Promise.reject(new DomainError('unavailable', 'Away.')));
    await expect(authenticate('good')).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('refuses what is no token without asking the database', async () => {
    const { authenticate, state } = setUp();
    await expect(authenticate('bad')).rejects.toMatchObject(refused);
    expect(state.questions).toBe(0);
  });

  it('refuses a token whose session is revoked, though it was verified before and the view is fresh', async () => {
    const { authenticate, state } = setUp();
    await authenticate('good');
    state.revoked = true;
    await expect(authenticate('good')).rejects.toMatchObject(refused);
    expect(state.questions).toBe(1);
  });

  it('refuses a token whose session is gone, or is another user’s', async () => {
    const { authenticate, verified, answerWith } = setUp();
    answerWith(async () => null);
    await expect(authenticate('good')).rejects.toMatchObject(refused);
    answerWith(async () => ({ ...live, userId: 'user 2' }));
    await expect(authenticate('good')).rejects.toMatchObject(refused);
    expect(verified.size).toBe(0);
  });

  it('refuses and does not remember a token that was revoked while the database answered', async () => {
    const { authenticate, state, verified, answerWith } = setUp();
    answerWith(async () => {
      state.revoked = true;
      return live;
    });
    await expect(authenticate('good')).rejects.toMatchObject(refused);
    expect(verified.size).toBe(0);
  });

  it('remembers a token until it or its session ends, whichever is first', async () => {
    const { authenticate, verified, answerWith } = setUp();
    await authenticate('good');
    expect(verified.get('good')?.lifetimeMs).toBe(600_000);
    verified.clear();
    answerWith(async () => ({ ...live, remainingMs: 20_000 }));
    await authenticate('good');
    expect(verified.get('good')?.lifetimeMs).toBe(20_000);
  });

  it('forgets a token before its revocation is forgotten, though it was made to live longer', async () => {
    const { authenticate, state, verified } = setUp();
    // Issued when tokens.access_ttl was an hour, or by an instance where it still is.
    state.nowMs = claims.expiresAt * 1_000 - 3_600_000;
    await authenticate('good');
    expect(verified.get('good')?.lifetimeMs).toBe(ACCESS_TTL_MS);
  });

  it('checks a remembered token anew once it has expired by the wall clock, wherever that went', async () => {
    const { authenticate, state } = setUp();
    await authenticate('good');
    state.nowMs = claims.expiresAt * 1_000;
    await authenticate('good');
    expect(state).toMatchObject({ verifications: 2, questions: 2 });
  });

  it('ends at its deadline as unavailable when the database does not answer, and a late answer changes nothing', async () => {
    const { authenticate, verified, answerWith } = setUp();
    let answerLate: (session: LiveSession) => void = () => {};
    const late = new Promise<LiveSession>((resolve) => {
      answerLate = resolve;
    });
    answerWith(() => late);
    await expect(authenticate('good')).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterSeconds: 1,
    });
    answerLate(live);
    await late;
    expect(verified.size).toBe(0);
  });
});
