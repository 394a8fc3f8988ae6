import { validateFields } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import { userNotFound } from '../../domain/rejections.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import { PASSWORD_NORMALIZATION_VERSION } from '../../domain/user/password.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import { requireSelf } from '../access/policy.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { passwordChangedEmail } from './account-emails.ts';
import { type PasswordRules, readNewPassword, refuseBreachedPassword } from './password-rules.ts';
import type { Reauthenticate } from './reauthenticate.ts';

interface Deps {
  readonly users: Pick<UserRepository, 'findById'>;
  readonly unitOfWork: UnitOfWork;
  readonly reauthenticate: Reauthenticate;
  readonly hasher: PasswordHasher;
  readonly passwordRules: PasswordRules;
  readonly clock: Clock;
}

export interface PasswordChangeInput {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/**
 * Stores the new password and ends all other sessions in one transaction (OWASP ASVS 7.4.3).
 * @throws DomainError `validation_failed`, `user_not_found`, `overloaded`
 */
export function createChangePassword(deps: Deps) {
  return async (caller: Caller, id: string, input: PasswordChangeInput): Promise<void> => {
    const { sessionId } = requireSelf(caller, id);
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
    await refuseBreachedPassword(deps.passwordRules, 'new_password', newPassword);
    const passwordHash = await deps.hasher.hash(newPassword);
    await deps.unitOfWork.run(caller, async (transaction) => {
      const user = await transaction.users.lockById(id);
      if (user === null) throw userNotFound();
      reauthentication.assertStillTrue(user);
      user.changePassword(passwordHash, PASSWORD_NORMALIZATION_VERSION, deps.clock.now());
      await transaction.users.updatePassword(user);
      await transaction.outbox.append(user.takeEvents());
      const mail = passwordChangedEmail(user.profile, deps.passwordRules.serviceName);
      await transaction.mail.enqueue([mail]);
      await endSessions(transaction, user, { except: sessionId }, 'password_changed');
    });
  };
}
