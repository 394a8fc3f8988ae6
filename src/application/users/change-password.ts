import { validateFields } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import { userNotFound } from '../../domain/rejections.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import { PASSWORD_NORMALIZATION_VERSION } from '../../domain/user/password.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import { finishInAnyCase } from '../access/finish-in-any-case.ts';
import { lockUserFor } from '../access/lock-user.ts';
import { requireSelf } from '../access/policy.ts';
import type { IssuedTokens, IssueTokens } from '../sessions/issue-tokens.ts';
import type { StartSession } from '../sessions/start-session.ts';
import { passwordChangedMail } from './account-mails.ts';
import { type PasswordRules, readNewPassword, refuseBreachedPassword } from './password-rules.ts';
import type { Reauthenticate } from './reauthenticate.ts';

interface Deps {
  readonly users: Pick<UserRepository, 'findById'>;
  readonly unitOfWork: UnitOfWork;
  readonly reauthenticate: Reauthenticate;
  readonly startSession: StartSession;
  readonly issueTokens: IssueTokens;
  readonly hasher: PasswordHasher;
  readonly passwordRules: PasswordRules;
  readonly clock: Clock;
}

export interface PasswordChangeInput {
  /** Not needed by a session that authenticated within `step_up.max_age`. */
  readonly currentPassword?: string;
  readonly newPassword: string;
}

/**
 * Stores the new password, ends all sessions and starts a new one for the acting client, in one transaction (OWASP ASVS
 * 7.2.4 and 7.4.3): a copied token of the acting session no longer works either.
 * @throws DomainError `validation_failed`, `step_up_required`, `user_not_found`, `overloaded`, `version_exhausted`
 */
export function createChangePassword(deps: Deps) {
  return async (caller: Caller, id: string, input: PasswordChangeInput): Promise<IssuedTokens> => {
    requireSelf(caller, id);
    const profile = await deps.users.findById(id);
    if (profile === null) throw userNotFound();
    const { newPassword } = validateFields({
      newPassword: () =>
        readNewPassword(deps.passwordRules, input.newPassword, {
          email: profile.email,
          names: [profile.firstName, profile.lastName],
        }),
    });
    const reauthentication = await deps.reauthenticate(caller, id, input.currentPassword);
    const passwordHash = await deps.hasher.reserve(caller, async (hashing) => {
      await refuseBreachedPassword(deps.passwordRules, 'new_password', newPassword);
      return hashing.hash(newPassword);
    });
    const session = await deps.unitOfWork.run(finishInAnyCase(caller), async (transaction) => {
      const user = await lockUserFor(caller, transaction, id);
      await reauthentication.assertStillTrue(user, transaction);
      user.changePassword(passwordHash, PASSWORD_NORMALIZATION_VERSION, deps.clock.now());
      await transaction.users.updatePassword(user);
      await transaction.outbox.append(user.takeEvents());
      await transaction.challenges.deleteLive(user.id, ['reset', 'change']);
      await transaction.mail.enqueue([passwordChangedMail(user.profile)]);
      await transaction.sessionEnding.end(user, { all: true }, 'password_changed');
      return await deps.startSession(caller, transaction, user);
    });
    return deps.issueTokens(session);
  };
}
