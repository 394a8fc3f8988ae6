import { DomainError, validateFields } from '../../domain/errors.ts';
import type { Clock, IdGenerator } from '../../domain/ports.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import { parseEmailAddress } from '../../domain/user/email-address.ts';
import { PASSWORD_NORMALIZATION_VERSION } from '../../domain/user/password.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import { parsePersonName } from '../../domain/user/person-name.ts';
import { parsePhoneNumber } from '../../domain/user/phone-number.ts';
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

/** A registration as it is sent. */
export interface RegistrationInput {
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly phone: string | null;
  readonly password: string;
}

/**
 * Registers a user at version 1.
 * @throws DomainError `validation_failed`, `email_taken`, `overloaded`
 */
export function createRegisterUser(deps: Deps) {
  return async (caller: Caller, input: RegistrationInput): Promise<UserProfile> => {
    const { password, ...person } = validateFields({
      firstName: () => parsePersonName(input.firstName),
      lastName: () => parsePersonName(input.lastName),
      email: () => parseEmailAddress(input.email),
      phone: () => (input.phone === null ? null : parsePhoneNumber(input.phone)),
      password: () => readNewPassword(deps.passwordRules, input.password, input.email),
    });
    // Saves a flood of repeated registrations their hashes; the unique constraint is what decides.
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

function emailTaken(): DomainError {
  return new DomainError('email_taken', 'Another account uses this e-mail address.');
}
