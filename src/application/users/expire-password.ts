import { type ActNote, parseReason } from '../../domain/administrative-acts.ts';
import { validateFields } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { Caller } from '../access/caller.ts';
import { finishInAnyCase } from '../access/finish-in-any-case.ts';
import { lockUserFor } from '../access/lock-user.ts';
import { requireScope } from '../access/policy.ts';
import { recordAct } from '../administrative-acts.ts';
import { REQUESTED_IN_A_SESSION } from '../verification/prove-challenge.ts';

interface Deps {
  readonly unitOfWork: UnitOfWork;
  readonly hasher: Pick<PasswordHasher, 'unusableHash'>;
  readonly clock: Clock;
}

/**
 * Makes the password of a user one that is no longer accepted, and ends the sessions, which may have been started with
 * it. A new password makes the account usable again. A repeated call changes nothing, and is not recorded.
 * @throws DomainError `validation_failed`, `user_not_found`, `forbidden`, `version_exhausted`
 */
export function createExpirePassword({ unitOfWork, hasher, clock }: Deps) {
  return async (
    caller: Caller,
    id: string,
    input: Pick<ActNote, 'operator'> & { readonly reason: string },
  ): Promise<UserProfile> => {
    requireScope(caller, 'users:admin');
    const { operator } = input;
    const { reason } = validateFields({ reason: () => parseReason(input.reason) });
    return unitOfWork.run(finishInAnyCase(caller), async (transaction) => {
      const user = await lockUserFor(caller, transaction, id);
      if (!user.expirePassword(hasher.unusableHash(), clock.now())) return user.profile;
      await transaction.users.updatePassword(user);
      await transaction.outbox.append(user.takeEvents());
      await transaction.challenges.deleteLive(user.id, REQUESTED_IN_A_SESSION);
      await transaction.sessionEnding.end(user, { all: true }, 'ended_by_admin');
      await recordAct(caller, transaction, 'expire_password', id, { operator, reason });
      return user.profile;
    });
  };
}
