import { type ActNote, NO_NOTE } from '../../domain/administrative-acts.ts';
import type { SessionEndReason } from '../../domain/events.ts';
import { sessionNotFound } from '../../domain/rejections.ts';
import type { SessionSelection } from '../../domain/session/session-ending.ts';
import type { Transaction, UnitOfWork } from '../../domain/unit-of-work.ts';
import type { User } from '../../domain/user/user.ts';
import type { Caller } from '../access/caller.ts';
import { finishInAnyCase } from '../access/finish-in-any-case.ts';
import { lockUserFor } from '../access/lock-user.ts';
import { requireScope, requireUser } from '../access/policy.ts';
import { recordAct } from '../administrative-acts.ts';
import { REQUESTED_IN_A_SESSION } from '../verification/prove-challenge.ts';

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
    /** The act is recorded, if a session was live. */
    async ofUser(
      caller: Caller,
      userId: string,
      selection: SessionSelection,
      note: ActNote = NO_NOTE,
    ): Promise<void> {
      requireScope(caller, 'users:admin');
      const ended = await deps.unitOfWork.run(finishInAnyCase(caller), async (transaction) => {
        const user = await lockUserFor(caller, transaction, userId);
        if ('all' in selection) await cancelRequests(transaction, user);
        const { count } = await transaction.sessionEnding.end(user, selection, 'ended_by_admin');
        if (count > 0) await recordAct(caller, transaction, 'end_sessions', userId, note);
        return count;
      });
      if ('only' in selection && ended === 0) throw sessionNotFound();
    },
  };

  async function end(
    caller: Caller,
    userId: string,
    selection: SessionSelection,
    reason: SessionEndReason,
  ): Promise<void> {
    const isSingle = 'only' in selection;
    const ended = await deps.unitOfWork.run(finishInAnyCase(caller), async (transaction) => {
      const user = await lockUserFor(caller, transaction, userId);
      if (isSingle) transaction.commitWithNext();
      else await cancelRequests(transaction, user);
      return transaction.sessionEnding.end(user, selection, reason);
    });
    // After the commit of a transaction that has changed nothing.
    if (isSingle && ended.count === 0) throw sessionNotFound();
  }
}

/** What a session that is not that of the owner has begun must not be finished after its end. */
async function cancelRequests(
  { challenges }: Pick<Transaction, 'challenges'>,
  { id }: Pick<User, 'id'>,
): Promise<void> {
  await challenges.deleteLive(id, REQUESTED_IN_A_SESSION);
}
