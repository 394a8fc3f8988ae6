import { type ActNote, NO_NOTE } from '../../domain/administrative-acts.ts';
import { type DomainError, invalidFields, validateFields } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import { accountChanged, emailTaken, userNotFound } from '../../domain/rejections.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import { type ProfileInput, profileParsers } from '../../domain/user/profile-fields.ts';
import type { ProfileRules } from '../../domain/user/profile-rules.ts';
import type { ProfileChange, UserProfile } from '../../domain/user/user.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import { lockUserFor } from '../access/lock-user.ts';
import { requireSelfOrScope } from '../access/policy.ts';
import { recordAct } from '../administrative-acts.ts';
import type { Limits } from '../limits/limits.ts';
import type { AnnounceEmailChange } from '../verification/announce-email-change.ts';
import { assertVersion, type ExpectedVersions } from './expected-versions.ts';
import type { Reauthenticate } from './reauthenticate.ts';

interface Deps {
  readonly users: Pick<UserRepository, 'findById'>;
  readonly unitOfWork: UnitOfWork;
  readonly limits: Pick<Limits, 'check'>;
  readonly reauthenticate: Reauthenticate;
  readonly profileRules: ProfileRules;
  readonly clock: Clock;
  readonly announceEmailChange: AnnounceEmailChange;
  /** Whether users must prove a new address before it is in force. */
  readonly requireVerifiedEmail: boolean;
}

/** The fields to change; a field that is left out stays as it is. */
export interface UserUpdateInput extends Partial<ProfileInput> {
  readonly currentPassword?: string;
}

/**
 * Applies the fields under the row's lock, so that no change is lost. Without a difference nothing is written and the
 * version stays. Users who change their own address re-authenticate. A change by the operator, and one by a service that
 * names an operator or a reason, is recorded as an administrative act; a service that keeps profiles in step names none.
 * @throws DomainError `validation_failed`, `step_up_required`, `user_not_found`, `version_mismatch`, `version_exhausted`,
 *   `email_taken`, `rate_limited`
 */
export function createUpdateUser(deps: Deps) {
  return async (
    caller: Caller,
    id: string,
    input: UserUpdateInput,
    expected: ExpectedVersions,
    note: ActNote = NO_NOTE,
  ): Promise<UserProfile> => {
    requireSelfOrScope(caller, id, 'users:write');
    const change: ProfileChange = validateFields(profileParsers(input, deps.profileRules));
    const reauthentication = await reauthenticateForOwnEmail(
      caller,
      id,
      change,
      input.currentPassword,
    );
    return deps.unitOfWork.run(caller, async (transaction) => {
      const user = await lockUserFor(caller, transaction, id);
      await reauthentication?.assertStillTrue(user, transaction);
      assertVersion(user, expected);
      if (reauthentication === undefined && isOwnEmailChange(caller, change, user.state.email)) {
        // The address changed between the read and the lock, so the password was not verified.
        throw accountChanged();
      }
      const former = user.state;
      const changed = user.changeProfile(change, deps.clock.now());
      const isRecorded = isAct(caller, note);
      const changesEmail = changed.includes('email');
      if (changed.length > 0) {
        if (!isRecorded && !changesEmail) transaction.commitWithNext();
        await transaction.updateUser(user);
        if (isRecorded) await recordAct(caller, transaction, 'update', id, note);
      }
      if (changesEmail) {
        const { email } = user.state;
        if (await transaction.challenges.isReserved(email, user.id)) throw emailTaken();
        await deps.announceEmailChange(transaction, user, former);
      }
      return user.profile;
    });
  };

  async function reauthenticateForOwnEmail(
    caller: Caller,
    id: string,
    change: ProfileChange,
    currentPassword: string | undefined,
  ) {
    if (caller.principal.kind !== 'user' || change.email === undefined) return undefined;
    const current = await deps.users.findById(id);
    if (current === null) throw userNotFound();
    if (!isOwnEmailChange(caller, change, current.email)) return undefined;
    if (deps.requireVerifiedEmail) throw unprovenEmail();
    // A change of address tells whether another account has it, as a registration does.
    await deps.limits.check(caller, [{ policy: 'registration_client' }, { policy: 'global' }]);
    return deps.reauthenticate(caller, id, currentPassword);
  }
}

function isOwnEmailChange(caller: Caller, change: ProfileChange, current: string): boolean {
  return caller.principal.kind === 'user' && change.email !== undefined && change.email !== current;
}

function isAct({ principal }: Caller, { operator, reason }: ActNote): boolean {
  if (principal.kind === 'user') return false;
  return principal.kind === 'operator' || operator !== null || reason !== null;
}

function unprovenEmail(): DomainError {
  const message = 'A new address is proven first: send it to POST /v1/me/email-change.';
  return invalidFields([{ field: 'email', code: 'email_unproven', message }]);
}
