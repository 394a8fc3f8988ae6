import { type ActNote, NO_NOTE } from '../../domain/administrative-acts.ts';
import type { Clock } from '../../domain/ports.ts';
import type { Transaction, UnitOfWork } from '../../domain/unit-of-work.ts';
import type { User } from '../../domain/user/user.ts';
import type { Caller } from '../access/caller.ts';
import { finishInAnyCase } from '../access/finish-in-any-case.ts';
import { lockUserFor } from '../access/lock-user.ts';
import { requireScope, requireSelf } from '../access/policy.ts';
import { recordAct } from '../administrative-acts.ts';
import { assertVersion, type ExpectedVersions } from './expected-versions.ts';
import type { Reauthenticate } from './reauthenticate.ts';

interface Deps {
  readonly unitOfWork: UnitOfWork;
  readonly reauthenticate: Reauthenticate;
  readonly clock: Clock;
}

/**
 * Removes a user and the user's sessions. The address is free again, and `user.deleted` is the last event.
 * @throws DomainError `validation_failed`, `step_up_required`, `user_not_found`, `forbidden`, `version_exhausted`
 */
export function createDeleteUser(deps: Deps) {
  return {
    async own(caller: Caller, id: string, currentPassword: string | undefined): Promise<void> {
      requireSelf(caller, id);
      const reauthentication = await deps.reauthenticate(caller, id, currentPassword);
      await remove(caller, id, (user, transaction) =>
        reauthentication.assertStillTrue(user, transaction),
      );
    },
    /** The act is recorded; it outlives the user. */
    async any(
      caller: Caller,
      id: string,
      expected: ExpectedVersions,
      note: ActNote = NO_NOTE,
    ): Promise<void> {
      requireScope(caller, 'users:admin');
      await remove(caller, id, async (user, transaction) => {
        assertVersion(user, expected);
        await recordAct(caller, transaction, 'delete', id, note);
      });
    },
  };

  function remove(
    caller: Caller,
    id: string,
    assertMayGo: (user: User, transaction: Transaction) => Promise<void>,
  ): Promise<void> {
    return deps.unitOfWork.run(finishInAnyCase(caller), async (transaction) => {
      const user = await lockUserFor(caller, transaction, id);
      await assertMayGo(user, transaction);
      await transaction.sessionEnding.end(user, { all: true }, 'user_deleted');
      user.delete(deps.clock.now());
      await transaction.users.delete(id);
      await transaction.outbox.append(user.takeEvents());
    });
  }
}
