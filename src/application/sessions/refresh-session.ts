import type { DomainError } from '../../domain/errors.ts';
import type { Logger } from '../../domain/ports.ts';
import { invalidGrant } from '../../domain/rejections.ts';
import type { RefreshTokens } from '../../domain/session/refresh-tokens.ts';
import type {
  RefreshState,
  Rotation,
  SessionTimes,
} from '../../domain/session/session-repository.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { Caller } from '../access/caller.ts';
import type { SnapshotHistory } from '../access/snapshot-history.ts';
import type { Limits } from '../limits/limits.ts';
import { REQUESTED_IN_A_SESSION } from '../verification/prove-challenge.ts';
import type { IssuedTokens, IssueTokens, TokenChoice } from './issue-tokens.ts';
import { readAudience } from './read-audience.ts';

interface Deps {
  readonly unitOfWork: UnitOfWork;
  readonly limits: Pick<Limits, 'check'>;
  readonly refreshTokens: RefreshTokens;
  readonly issueTokens: IssueTokens;
  readonly idleTtlMs: number;
  readonly refreshGraceMs: number;
  readonly snapshots: Pick<SnapshotHistory, 'before'>;
  readonly audiences: readonly string[];
  readonly logger: Logger;
}

/**
 * How far in the future a rotation may lie, in milliseconds: longer than a refresh waits for the lock of its session,
 * during which another one may rotate it. Beyond, the clock of the database was set back.
 */
const MAX_AHEAD_MS = 5_000;

/** A presented token and the one that replaces it, if it is current. */
interface Exchange {
  readonly sessionId: string;
  readonly presented: string;
  readonly successor: string;
  readonly rotation: Rotation;
}

type Outcome =
  | (SessionTimes & {
      readonly kind: 'rotated';
      readonly userId: string;
      readonly token: string;
    })
  | { readonly kind: 'reused'; readonly userId: string }
  | { readonly kind: 'unknown' };

/**
 * Rotates a refresh token (RFC 9700 §4.14.2). Within the grace period its immediate predecessor gets the same successor
 * again, so that a lost response or parallel tabs do not end a session. Any other earlier token of the session ends it:
 * two parties have its tokens. `models/refresh-rotation.pml` is the protocol.
 * @throws DomainError `invalid_grant`, `rate_limited`, `validation_failed` on `audience`
 */
export function createRefreshSession(deps: Deps) {
  return async (
    caller: Caller,
    presented: string,
    choice: TokenChoice = {},
  ): Promise<IssuedTokens> => {
    const audience = readAudience(deps.audiences, choice.audience);
    const read = deps.refreshTokens.read(presented);
    await deps.limits.check(caller, [{ policy: 'refresh_client' }, { policy: 'global' }]);
    if (read === null) throw refuse(caller, 'foreign_token');
    const { sessionId, hash } = read;
    const successor = deps.refreshTokens.create(sessionId);
    const exchange: Exchange = {
      sessionId,
      presented,
      successor: successor.token,
      rotation: {
        currentHash: successor.hash,
        previousHash: hash,
        sealedSuccessor: deps.refreshTokens.seal(successor.token, presented),
      },
    };
    const outcome =
      (await rotateCurrent(caller, exchange)) ?? (await rotateOrRepeat(caller, exchange));
    if (outcome.kind === 'rotated') {
      const { userId, token, remainingMs, authenticatedAt, issuedAt } = outcome;
      deps.logger.info('session refreshed', {
        ...origin(caller),
        user_id: userId,
        session_id: sessionId,
      });
      const times = { remainingMs, authenticatedAt, issuedAt };
      return deps.issueTokens(
        { id: sessionId, userId, refreshToken: token, ...times },
        { audience },
      );
    }
    if (outcome.kind === 'unknown') throw refuse(caller, 'no_such_session');
    await endReused(caller, outcome.userId, sessionId);
    throw invalidGrant();
  };

  function refuse(caller: Caller, reason: 'foreign_token' | 'no_such_session'): DomainError {
    deps.logger.warn('refresh refused', { ...origin(caller), reason });
    return invalidGrant();
  }

  /** The common case: one statement that is a transaction by itself. @returns null in every other case. */
  async function rotateCurrent(
    caller: Caller,
    { sessionId, successor, rotation }: Exchange,
  ): Promise<Outcome | null> {
    const rotated = await deps.unitOfWork.run(caller, (transaction) => {
      transaction.commitWithNext();
      return transaction.sessions.rotateCurrent(sessionId, rotation, deps.idleTtlMs);
    });
    return rotated === null ? null : { kind: 'rotated', token: successor, ...rotated };
  }

  /** Waits for the lock of the session. A parallel refresh may have rotated it, or was rolled back. */
  async function rotateOrRepeat(caller: Caller, exchange: Exchange): Promise<Outcome> {
    const { sessionId, presented, successor, rotation } = exchange;
    return deps.unitOfWork.run(caller, async ({ sessions }): Promise<Outcome> => {
      const earlier = deps.snapshots.before(deps.refreshGraceMs);
      const state = await sessions.lockForRefresh(sessionId, earlier);
      if (state === null) return { kind: 'unknown' };
      if (!equal(state.currentHash, rotation.previousHash)) {
        return repeatOrReuse(state, rotation.previousHash, presented);
      }
      const remainingMs = await sessions.rotate(sessionId, rotation, deps.idleTtlMs);
      const { userId, authenticatedAt, issuedAt } = state;
      return { kind: 'rotated', userId, token: successor, remainingMs, authenticatedAt, issuedAt };
    });
  }

  function repeatOrReuse(state: RefreshState, hash: Uint8Array, presented: string): Outcome {
    const { userId, previousHash, sealedSuccessor, remainingMs } = state;
    const { authenticatedAt, issuedAt } = state;
    if (
      previousHash === null ||
      sealedSuccessor === null ||
      !equal(previousHash, hash) ||
      !isWithinGrace(state)
    ) {
      return { kind: 'reused', userId };
    }
    const token = deps.refreshTokens.open(sealedSuccessor, presented);
    return token === null
      ? { kind: 'reused', userId }
      : { kind: 'rotated', userId, token, remainingMs, authenticatedAt, issuedAt };
  }

  /** A clock that was set back must not open the grace again, so the clock alone does not decide. */
  function isWithinGrace({ sinceRotationMs, rotatedBefore }: RefreshState): boolean {
    return (
      sinceRotationMs !== null &&
      Math.max(0, sinceRotationMs) < deps.refreshGraceMs &&
      sinceRotationMs >= -MAX_AHEAD_MS &&
      rotatedBefore !== true
    );
  }

  /** A second transaction, because the user's lock has to come before that of the session. */
  async function endReused(caller: Caller, userId: string, sessionId: string): Promise<void> {
    deps.logger.warn('refresh token reused, session ended', {
      ...origin(caller),
      user_id: userId,
      session_id: sessionId,
    });
    await deps.unitOfWork.run(caller, async (transaction) => {
      const user = await transaction.users.lockById(userId);
      if (user === null) return;
      const only = { only: sessionId };
      const ended = await transaction.sessionEnding.end(user, only, 'refresh_token_reused');
      // A parallel reuse has ended the session, and has its event.
      if (ended.count === 0) return;
      // A thief of the token may have asked for a change of address.
      await transaction.challenges.deleteLive(userId, REQUESTED_IN_A_SESSION);
      await transaction.outbox.append([
        {
          type: 'token.reuse_detected',
          userId,
          userVersion: user.version,
          data: { session_id: sessionId },
        },
      ]);
    });
  }
}

function origin(caller: Caller): { request_id: string; client_ip: string | null } {
  return { request_id: caller.requestId, client_ip: caller.ip };
}

/** Both are SHA-256 hashes of secrets, so the time of the comparison reveals nothing useful. */
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
