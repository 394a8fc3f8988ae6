import { validateFields } from '../../domain/errors.ts';
import type { Clock, IdGenerator } from '../../domain/ports.ts';
import { emailTaken, registrationClosed } from '../../domain/rejections.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { EmailAddress } from '../../domain/user/email-address.ts';
import { PASSWORD_NORMALIZATION_VERSION } from '../../domain/user/password.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import { type ProfileInput, profileParsers } from '../../domain/user/profile-fields.ts';
import type { ProfileRules } from '../../domain/user/profile-rules.ts';
import { User, type UserProfile } from '../../domain/user/user.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import type { Limits } from '../limits/limits.ts';
import { type PasswordRules, readNewPassword, refuseBreachedPassword } from './password-rules.ts';

/** Who may register: anyone, or only the operator and services that may change users. */
export type RegistrationMode = 'open' | 'closed';

interface Deps {
  readonly users: Pick<UserRepository, 'findCredentials'>;
  readonly unitOfWork: UnitOfWork;
  readonly limits: Pick<Limits, 'check'>;
  readonly hasher: PasswordHasher;
  readonly profileRules: ProfileRules;
  readonly passwordRules: PasswordRules;
  readonly registrationMode: RegistrationMode;
  readonly ids: IdGenerator;
  readonly clock: Clock;
}

export interface RegistrationInput extends ProfileInput {
  readonly password: string;
}

/**
 * Registers a user at version 1. A free and a taken address get the same work up to the insert, whose unique
 * constraint decides. Looking the address up first would answer more questions about who has an account than the
 * hashing limit allows, and with a breached password without creating one.
 * @throws DomainError `registration_closed`, `rate_limited`, `validation_failed`, `email_taken`, `overloaded`
 */
export function createRegisterUser(deps: Deps) {
  return async (caller: Caller, input: RegistrationInput): Promise<UserProfile> => {
    if (!maySetUpUsers(caller)) {
      if (deps.registrationMode === 'closed') throw registrationClosed();
      // Before the fields are judged: a taken address must not be asked for more often by leaving one out.
      await deps.limits.check(caller, [{ policy: 'registration_client' }, { policy: 'global' }]);
    }
    const { password, ...person } = validateFields({
      ...profileParsers(input, deps.profileRules),
      password: () =>
        readNewPassword(deps.passwordRules, input.password, {
          email: input.email,
          names: [input.firstName, input.lastName],
        }),
    });
    // An operator who repeats an import knows the accounts; this saves a hash for each.
    if (caller.principal.kind === 'operator' && (await isTaken(person.email))) throw emailTaken();
    const passwordHash = await deps.hasher.reserve(caller, async (hashing) => {
      await refuseBreachedPassword(deps.passwordRules, 'password', password);
      return hashing.hash(password);
    });
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

  async function isTaken(email: EmailAddress): Promise<boolean> {
    return (await deps.users.findCredentials(email)) !== null;
  }
}

/** Whether the caller creates accounts for other people, whatever the mode. */
function maySetUpUsers({ principal }: Caller): boolean {
  if (principal.kind === 'operator') return true;
  if (principal.kind !== 'service') return false;
  return principal.scopes.some((scope) => scope === 'users:write' || scope === 'users:admin');
}
