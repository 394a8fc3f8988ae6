import { type DomainError, invalidFields } from '../../domain/errors.ts';
import { accountChanged, userNotFound } from '../../domain/rejections.ts';
import { preparePasswordAttempt } from '../../domain/user/password.ts';
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

/** Proof that the current password was correct. It is valid until the stored password changes. */
export interface Reauthentication {
  /**
   * Checks that the password of the locked row is still the one that was verified.
   * @throws DomainError `unavailable`: on the next try the caller has to send the new password.
   */
  assertStillTrue(user: User): void;
}

export type Reauthenticate = ReturnType<typeof createReauthenticate>;

/**
 * Verifies the current password of a signed-in user (OWASP ASVS 7.5.1), outside of a transaction since hashing is slow.
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
    const prepared = preparePasswordAttempt(currentPassword);
    const { credentials, matches } = await deps.hasher.reserve(caller, async (hashing) => {
      const found = await deps.users.findCredentialsById(userId);
      if (found === null || found.status !== 'active') throw userNotFound();
      return { credentials: found, matches: await hashing.verify(prepared, found.passwordHash) };
    });
    if (!matches) {
      await deps.recordFailure(caller, {
        reason: 'wrong_password',
        userId,
        userVersion: credentials.version,
      });
      throw refused('current_password_wrong', 'The current password is not right.');
    }
    return {
      assertStillTrue: (user) => {
        // A rehash changes the hash but not the version, a profile change the version but not the hash.
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
