import { validateFields } from '../../domain/errors.ts';
import type { Clock, IdGenerator } from '../../domain/ports.ts';
import { emailTaken } from '../../domain/rejections.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import { PASSWORD_NORMALIZATION_VERSION } from '../../domain/user/password.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import { type ProfileInput, profileParsers } from '../../domain/user/profile-fields.ts';
import { User, type UserProfile } from '../../domain/user/user.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import { type PasswordRules, readNewPassword, refuseBreachedPassword } from './password-rules.ts';

interface Deps {
  readonly users: Pick<UserRepository, 'findCredentials'>;
  readonly unitOfWork: UnitOfWork;
  readonly hasher: PasswordHasher;
  readonly passwordRules: PasswordRules;
  readonly ids: IdGenerator;
  readonly clock: Clock;
}

export interface RegistrationInput extends ProfileInput {
  readonly password: string;
}

/**
 * Registers a user at version 1.
 * @throws DomainError `validation_failed`, `email_taken`, `overloaded`
 */
export function createRegisterUser(deps: Deps) {
  return async (caller: Caller, input: RegistrationInput): Promise<UserProfile> => {
    const { password, ...person } = validateFields({
      ...profileParsers(input),
      password: () => readNewPassword(deps.passwordRules, input.password, input.email),
    });
    // Saves the hash of a repeated registration. The unique constraint decides.
    if ((await deps.users.findCredentials(person.email)) !== null) throw emailTaken();
    await refuseBreachedPassword(deps.passwordRules, 'password', password);
    const passwordHash = await deps.hasher.hash(password);
    const user = User.register(
      {
        id: deps.ids.next(),
        ...person,
        passwordHash,
        passwordForm: PASSWORD_NORMALIZATION_VERSION,
      },
      deps.clock.now(),
    );
    await deps.unitOfWork.run(caller, async (transaction) => {
      await transaction.users.insert(user);
      await transaction.outbox.append(user.takeEvents());
    });
    return user.profile;
  };
}
