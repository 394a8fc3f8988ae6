import { NO_NOTE } from '../../domain/administrative-acts.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import type { Transaction, UnitOfWork } from '../../domain/unit-of-work.ts';
import type { User } from '../../domain/user/user.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import { SYSTEM_ACTOR } from '../administrative-acts.ts';

interface Deps {
  readonly users: Pick<UserRepository, 'listToEnable'>;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newRequestId: () => string;
}

/** Users that one run enables at most; the next run goes on. */
const USERS_PER_RUN = 100;

/**
 * Enables a locked user whose disabling is over by the database's clock, and records it as an act of the service.
 * @returns false for any other user
 * @throws DomainError `version_exhausted`
 */
export async function enableInTime(
  { updateUser, acts }: Pick<Transaction, 'updateUser' | 'acts'>,
  user: User,
  clock: Clock,
): Promise<boolean> {
  if (!user.state.disablingIsOver || !user.enable(clock.now())) return false;
  await updateUser(user);
  await acts.record({ action: 'enable', userId: user.id, actor: SYSTEM_ACTOR, ...NO_NOTE });
  return true;
}

/**
 * Enables the users whose disabling is over, so that other services see it without a sign-in. Several instances may do
 * so at the same time: each user is judged again under the lock of the row.
 */
export function createEnableUsersInTime(deps: Deps) {
  return async (): Promise<void> => {
    for (const id of await deps.users.listToEnable(USERS_PER_RUN)) {
      try {
        await deps.unitOfWork.run({ requestId: deps.newRequestId() }, async (transaction) => {
          const user = await transaction.users.lockById(id);
          if (user !== null) await enableInTime(transaction, user, deps.clock);
        });
      } catch (error) {
        // It must not keep the others disabled.
        if (!(error instanceof DomainError) || error.code !== 'version_exhausted') throw error;
        deps.logger.warn('a user cannot be enabled in time', { user_id: id, reason: error.code });
      }
    }
  };
}
