import { type ActNote, parseReason } from '../../domain/administrative-acts.ts';
import { validateFields } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import { parseDisabledUntil } from '../../domain/user/disabled-until.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { Caller } from '../access/caller.ts';
import { finishInAnyCase } from '../access/finish-in-any-case.ts';
import { lockUserFor } from '../access/lock-user.ts';
import { requireScope } from '../access/policy.ts';
import { recordAct } from '../administrative-acts.ts';
import { REQUESTED_IN_A_SESSION } from '../verification/prove-challenge.ts';

interface Deps {
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
}

export interface DisableInput extends Pick<ActNote, 'operator'> {
  readonly reason: string;
  /** RFC 3339; left out to disable without an end. */
  readonly until?: string | undefined;
}

export type EnableInput = Omit<DisableInput, 'until'>;

/**
 * Disables or enables a user. A disabled user has no sessions and cannot sign in. A repeated call changes nothing, and
 * is not recorded; another `until` is a change.
 * @throws DomainError `validation_failed`, `user_not_found`, `forbidden`, `version_exhausted`
 */
export function createDisableUser({ unitOfWork, clock }: Deps) {
  return {
    async disable(caller: Caller, id: string, input: DisableInput): Promise<UserProfile> {
      requireScope(caller, 'users:admin');
      const { operator } = input;
      const { reason, until } = validateFields({
        reason: () => parseReason(input.reason),
        until: () =>
          input.until === undefined ? null : parseDisabledUntil(input.until, clock.now()),
      });
      return unitOfWork.run(finishInAnyCase(caller), async (transaction) => {
        const user = await lockUserFor(caller, transaction, id);
        if (!user.disable(until, clock.now())) return user.profile;
        // Before the row changes: a trigger ends sessions that are left, without the id of this request.
        await transaction.sessionEnding.end(user, { all: true }, 'user_disabled');
        await transaction.challenges.deleteLive(user.id, REQUESTED_IN_A_SESSION);
        await transaction.updateUser(user);
        await recordAct(caller, transaction, 'disable', id, { operator, reason });
        return user.profile;
      });
    },
    async enable(caller: Caller, id: string, input: EnableInput): Promise<UserProfile> {
      requireScope(caller, 'users:admin');
      const { operator } = input;
      const { reason } = validateFields({ reason: () => parseReason(input.reason) });
      return unitOfWork.run(caller, async (transaction) => {
        const user = await lockUserFor(caller, transaction, id);
        if (!user.enable(clock.now())) return user.profile;
        await transaction.updateUser(user);
        await recordAct(caller, transaction, 'enable', id, { operator, reason });
        return user.profile;
      });
    },
  };
}
