import type { SessionEndReason } from '../../domain/events.ts';
import { sessionNotFound, userNotFound } from '../../domain/rejections.ts';
import type { SessionSelection } from '../../domain/session/session-repository.ts';
import type { Transaction, UnitOfWork } from '../../domain/unit-of-work.ts';
import type { User } from '../../domain/user/user.ts';
import type { Caller } from '../access/caller.ts';
import { requireScope, requireUser } from '../access/policy.ts';

interface Deps {
  readonly unitOfWork: UnitOfWork;
}

/** Which of the caller's sessions to end. */
export type OwnSessionSelection = { readonly only: string } | 'current' | 'all';

/**
 * Ends sessions. Their access and refresh tokens are no longer valid.
 * @throws DomainError `session_not_found` for a single session that is not live, `user_not_found`, `forbidden`
 */
export function createEndSessions(deps: Deps) {
  return {
    async own(caller: Caller, selection: OwnSessionSelection): Promise<void> {
      const { userId, sessionId } = requireUser(caller);
      if (selection === 'all') return end(caller, userId, { all: true }, 'ended_by_user');
      if (selection === 'current') return end(caller, userId, { only: sessionId }, 'signed_out');
      const reason = selection.only === sessionId ? 'signed_out' : 'ended_by_user';
      return end(caller, userId, selection, reason);
    },
    async ofUser(caller: Caller, userId: string, selection: SessionSelection): Promise<void> {
      requireScope(caller, 'users:admin');
      return end(caller, userId, selection, 'ended_by_admin');
    },
  };

  function end(
    caller: Caller,
    userId: string,
    selection: SessionSelection,
    reason: SessionEndReason,
  ): Promise<void> {
    return deps.unitOfWork.run(caller, async (transaction) => {
      const user = await transaction.users.lockById(userId);
      if (user === null) throw userNotFound();
      const ended = await endSessions(transaction, user, selection, reason);
      if ('only' in selection && ended.length === 0) throw sessionNotFound();
    });
  }
}

/**
 * Ends sessions of a locked user and appends a `session.ended` event for each. Every transaction that ends sessions
 * locks their user first, so that no two of them deadlock.
 * @returns the ids of the ended sessions
 */
export async function endSessions(
  transaction: Transaction,
  user: User,
  selection: SessionSelection,
  reason: SessionEndReason,
): Promise<readonly string[]> {
  const ended = await transaction.sessions.end(user.id, selection);
  await transaction.outbox.append(
    ended.map((sessionId) => ({
      type: 'session.ended' as const,
      userId: user.id,
      userVersion: user.version,
      data: { session_id: sessionId, reason },
    })),
  );
  return ended;
}
