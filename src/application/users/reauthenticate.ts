import { type DomainError, invalidFields } from '../../domain/errors.ts';
import { accountChanged, userNotFound } from '../../domain/rejections.ts';
import { preparePassword } from '../../domain/user/password.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import type { User } from '../../domain/user/user.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import type { RecordFailedAuthentication } from '../sessions/record-failed-authentication.ts';

interface Deps {
  readonly users: Pick<UserRepository, 'findCredentialsById'>;
  readonly hasher: PasswordHasher;
  readonly recordFailure: RecordFailedAuthentication;
}

/** Proof that a password was right, valid as long as the stored password stays what it was. */
export interface Reauthentication {
  /**
   * Checks the locked row: a password that changed since the proof makes it void.
   * @throws DomainError `unavailable`: the caller tries again, and meets the new password.
   */
  assertStillTrue(user: User): void;
}

/** Asks a signed-in user for the password once more (OWASP ASVS 7.5.1). */
export type Reauthenticate = ReturnType<typeof createReauthenticate>;

/**
 * Verifies the current password outside of any transaction, since hashing is slow.
 * @throws DomainError `validation_failed` on `current_password`, `user_not_found`, `overloaded`
 */
export function createReauthenticate(deps: Deps) {
  return async (
    caller: Caller,
    userId: string,
    currentPassword: string | undefined,
  ): Promise<Reauthentication> => {
    if (currentPassword === undefined) {
      throw refused(
        'current_password_required',
        'The current password is required for this change.',
      );
    }
    const credentials = await deps.users.findCredentialsById(userId);
    if (credentials === null) throw userNotFound();
    const prepared = preparePassword(currentPassword);
    if (prepared === null || !(await deps.hasher.verify(prepared, credentials.passwordHash))) {
      await deps.recordFailure(caller, {
        reason: 'wrong_password',
        userId,
        userVersion: credentials.version,
      });
      throw refused('current_password_wrong', 'The current password is not right.');
    }
    return {
      assertStillTrue: (user) => {
        // A rehash changes the hash and not the version, another profile the version and not the hash.
        if (
          user.state.passwordHash !== credentials.passwordHash &&
          user.version !== credentials.version
        )
          throw accountChanged();
      },
    };
  };
}

function refused(code: string, message: string): DomainError {
  return invalidFields([{ field: 'current_password', code, message }]);
}
