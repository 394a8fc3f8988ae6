import { describe, expect, it } from 'vitest';
import { noLimits } from '../../../test/support/limits.ts';
import { createRecordingLogger } from '../../../test/support/logger.ts';
import { anonymous, createMemoryStore, portWith, storedUser } from '../../../test/support/ports.ts';
import type { RefreshTokens } from '../../domain/session/refresh-tokens.ts';
import type { SessionSelection } from '../../domain/session/session-ending.ts';
import type { RefreshState, Rotation } from '../../domain/session/session-repository.ts';
import { createRefreshSession } from './refresh-session.ts';

const { id: userId } = storedUser();
const hashOf = (token: string): Uint8Array => Buffer.from(token);

/** The state `sinceRotationMs` after `first` was exchanged for `second`. */
function rotated(sinceRotationMs: number, rotatedBefore: boolean | null = null): RefreshState {
  return {
    userId,
    currentHash: hashOf('second'),
    previousHash: hashOf('first'),
    sinceRotationMs,
    rotatedBefore,
    sealedSuccessor: Buffer.from('second for first'),
    remainingMs: 60_000,
    authenticatedAt: 1_000,
    issuedAt: 2_000,
  };
}

/** @param isLocked whether another transaction holds the session at first */
function setUp(state: RefreshState | null, refreshGraceMs = 10_000, isLocked = false) {
  const rotations: Rotation[] = [];
  const ended: SessionSelection[] = [];
  const reasons: string[] = [];
  const logger = createRecordingLogger();
  const store = createMemoryStore(
    storedUser({ version: 4 }),
    {
      async rotateCurrent(_id, rotation) {
        const isCurrent = String(state?.currentHash) === String(rotation.previousHash);
        if (state === null || isLocked || !isCurrent) return null;
        rotations.push(rotation);
        return { userId, remainingMs: 90_000, authenticatedAt: 1_000, issuedAt: 2_000 };
      },
      lockForRefresh: async () => state,
      async rotate(_id, rotation) {
        rotations.push(rotation);
        return 90_000;
      },
    },
    {
      async end({ id }, selection, reason) {
        ended.push(selection);
        reasons.push(reason);
        return { userId: id, count: 1, sessionIds: ['session 1'], endedAt: 0, notBefore: null };
      },
    },
  );
  const refresh = createRefreshSession({
    limits: noLimits,
    audiences: ['user-service'],
    unitOfWork: store.unitOfWork,
    refreshTokens: portWith<RefreshTokens>({
      create: () => ({ token: 'third', hash: hashOf('third') }),
      read: (token) =>
        token === 'forged' ? null : { sessionId: 'session 1', hash: hashOf(token) },
      seal: (successor, predecessor) => Buffer.from(`${successor} for ${predecessor}`),
      open: (sealed, predecessor) =>
        Buffer.from(sealed).toString().split(` for ${predecessor}`)[0] ?? null,
    }),
    issueTokens: async ({ id, refreshToken, remainingMs }) => ({
      sessionId: id,
      accessToken: 'access',
      accessExpiresInSeconds: 60,
      refreshToken,
      refreshExpiresInSeconds: remainingMs / 1_000,
    }),
    idleTtlMs: 60_000,
    refreshGraceMs,
    snapshots: { before: () => null },
    logger,
  });
  return { refresh, rotations, ended, reasons, logger, store };
}

const refused = { code: 'invalid_grant' };

describe('a refresh token', () => {
  it.each([
    ['in one statement', false],
    ['after waiting for another transaction', true],
  ])('that is current is exchanged %s, its successor sealed under it', async (_how, isLocked) => {
    const { refresh, rotations } = setUp(rotated(1_000), 10_000, isLocked);
    await expect(refresh(anonymous, 'second')).resolves.toMatchObject({
      sessionId: 'session 1',
      refreshToken: 'third',
      refreshExpiresInSeconds: 90,
    });
    expect(rotations).toEqual([
      {
        currentHash: hashOf('third'),
        previousHash: hashOf('second'),
        sealedSuccessor: Buffer.from('third for second'),
      },
    ]);
  });

  it('that was just exchanged gets the same successor and does not rotate', async () => {
    const { refresh, rotations, ended } = setUp(rotated(9_999));
    await expect(refresh(anonymous, 'first')).resolves.toMatchObject({
      refreshToken: 'second',
      refreshExpiresInSeconds: 60,
    });
    expect([rotations, ended]).toEqual([[], []]);
  });

  it('that was exchanged before the grace period ends the session, even if the clock says otherwise', async () => {
    const { refresh, ended } = setUp(rotated(0, true));
    await expect(refresh(anonymous, 'first')).rejects.toMatchObject(refused);
    expect(ended).toEqual([{ only: 'session 1' }]);
  });

  it('that was exchanged while the lock was awaited gets the same successor', async () => {
    const { refresh } = setUp(rotated(-2_000, false));
    await expect(refresh(anonymous, 'first')).resolves.toMatchObject({ refreshToken: 'second' });
  });

  it.each([
    ['after the grace period', 'first', 10_000, 10_000],
    ['at once, without a grace period', 'first', 0, 0],
    ['at once by a clock that is a little behind, without a grace period', 'first', -1, 0],
    ['before it was exchanged, by a clock that was set back', 'first', -5_001, 10_000],
    ['that is older than the predecessor, within the grace period', 'zeroth', 0, 10_000],
  ])(
    'used again %s ends the session, with an event and a warning',
    async (_when, token, sinceMs, graceMs) => {
      const { refresh, rotations, ended, reasons, logger } = setUp(rotated(sinceMs), graceMs);
      await expect(refresh(anonymous, token)).rejects.toMatchObject(refused);
      expect(rotations).toEqual([]);
      expect(ended).toEqual([{ only: 'session 1' }]);
      expect(reasons).toEqual(['refresh_token_reused']);
      expect(logger.lines).toMatchObject([
        { level: 'warn', fields: { session_id: 'session 1', user_id: userId } },
      ]);
      expect(JSON.stringify(logger.lines)).not.toContain(token);
    },
  );

  it('that is forged causes no query and ends no session', async () => {
    const { refresh, ended, store } = setUp(rotated(0));
    await expect(refresh(anonymous, 'forged')).rejects.toMatchObject(refused);
    expect([ended, store.statements]).toEqual([[], []]);
  });

  it('of a session that has ended is rejected like a forged one', async () => {
    const { refresh, ended } = setUp(null);
    await expect(refresh(anonymous, 'second')).rejects.toMatchObject(refused);
    expect(ended).toEqual([]);
  });

  it.each([
    ['second', rotated(0), 'info', 'session refreshed'],
    ['forged', rotated(0), 'warn', 'refresh refused'],
    ['second', null, 'warn', 'refresh refused'],
  ] as const)('(%s) writes one log line without a token', async (token, state, level, message) => {
    const { refresh, logger } = setUp(state);
    await refresh(anonymous, token).catch(() => undefined);
    expect(logger.lines).toMatchObject([
      { level, message, fields: { request_id: 'request-1', client_ip: '192.0.2.1' } },
    ]);
    expect(JSON.stringify(logger.lines)).not.toContain(token);
  });

  it('used again while its user is deleted is rejected, and no session ends', async () => {
    const { refresh, ended, store } = setUp(rotated(60_000));
    store.row = null;
    await expect(refresh(anonymous, 'first')).rejects.toMatchObject(refused);
    expect([ended, store.events]).toEqual([[], []]);
  });
});
