import { describe, expect, it } from 'vitest';
import { anonymous, callerWith } from '../../../test/support/ports.ts';
import type { LiveSession } from '../../domain/session/session-repository.ts';
import { createRequireFresh } from './require-fresh.ts';

const MAX_AGE_MS = 300_000;
const nowMs = 1_800_000_000_000;

/** @param authenticated seconds ago, by the token and by the session; null for a session that has ended */
function setUp(session: number | null) {
  const reads: string[] = [];
  const requireFresh = createRequireFresh({
    sessions: {
      async findLive(id): Promise<LiveSession | null> {
        reads.push(id);
        if (session === null) return null;
        const sinceAuthenticationMs = session * 1_000;
        return { id, userId: 'user 1', remainingMs: 60_000, sinceAuthenticationMs };
      },
    },
    clock: { now: () => new Date(nowMs) },
    stepUpMaxAgeMs: MAX_AGE_MS,
  });
  return { requireFresh, reads };
}

function userWith(secondsAgo: number) {
  const authenticatedAt = nowMs / 1_000 - secondsAgo;
  return callerWith({ kind: 'user', userId: 'user 1', sessionId: 'session 1', authenticatedAt });
}

const tooOld = { code: 'step_up_required', maxAgeSeconds: 300 };

describe('fresh authentication', () => {
  it.each([
    ['both are young', 299, 299],
    ['the clock of the instance is behind', -59, 1],
    ['the clock of the instance is ahead', 359, 299],
  ])('is there while %s', async (_what, token, session) => {
    await setUp(session).requireFresh(userWith(token));
  });

  it.each([
    ['the token is of an old authentication', 361, 1],
    ['the session is of an old authentication, by less than the leeway', 1, 301],
    ['the token is from the future', -61, 1],
    ['the clock of the database was set back', 1, -61],
  ])('is refused when %s', async (_what, token, session) => {
    await expect(setUp(session).requireFresh(userWith(token))).rejects.toMatchObject(tooOld);
  });

  it('is refused for a token without the time, before the session is read', async () => {
    const { requireFresh, reads } = setUp(1);
    const caller = callerWith({ kind: 'user', userId: 'user 1', sessionId: 'session 1' });
    await expect(requireFresh(caller)).rejects.toMatchObject(tooOld);
    expect(reads).toEqual([]);
  });

  it('takes a shorter age than the configured one', async () => {
    await setUp(59).requireFresh(userWith(59), 60_000);
    await expect(setUp(61).requireFresh(userWith(61), 60_000)).rejects.toMatchObject({
      code: 'step_up_required',
      maxAgeSeconds: 60,
    });
  });

  it('refuses the token of an ended session and of another user, and callers without any', async () => {
    await expect(setUp(null).requireFresh(userWith(1))).rejects.toMatchObject({
      code: 'invalid_token',
    });
    const authenticatedAt = nowMs / 1_000;
    const other = { kind: 'user', userId: 'user 2', sessionId: 'session 1' } as const;
    await expect(
      setUp(1).requireFresh(callerWith({ ...other, authenticatedAt })),
    ).rejects.toMatchObject({ code: 'invalid_token' });
    await expect(setUp(1).requireFresh(anonymous)).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });

  it('passes services and the operator, which have no session', async () => {
    const { requireFresh, reads } = setUp(null);
    await requireFresh(callerWith({ kind: 'service', accountId: 'account 1', scopes: [] }));
    await requireFresh(callerWith({ kind: 'operator' }));
    expect(reads).toEqual([]);
  });
});
