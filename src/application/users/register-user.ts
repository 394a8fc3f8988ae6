import { InvalidValue, validateFields } from '../../domain/errors.ts';
import type {
  Invitation,
  InvitationRepository,
  InvitationTokens,
} from '../../domain/invitation/invitation.ts';
import type { Clock, IdGenerator } from '../../domain/ports.ts';
import { emailTaken, invitationInvalid, registrationClosed } from '../../domain/rejections.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { EmailAddress } from '../../domain/user/email-address.ts';
import { PASSWORD_NORMALIZATION_VERSION } from '../../domain/user/password.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import { type ProfileInput, profileParsers } from '../../domain/user/profile-fields.ts';
import type { ProfileRules } from '../../domain/user/profile-rules.ts';
import type { RegistrationRequest } from '../../domain/user/registration-request.ts';
import { User, type UserProfile } from '../../domain/user/user.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import type { Limits } from '../limits/limits.ts';
import type { ChallengeRequests, RequestedChallenge } from '../verification/challenge-requests.ts';
import type { VerificationOfRegistrations } from '../verification/challenge-settings.ts';
import { type PasswordRules, readNewPassword, refuseBreachedPassword } from './password-rules.ts';
import type { RegistrationRequests } from './registration-requests.ts';

/** Who may register: anyone, a person with an invitation, or only the operator and services that may change users. */
export type RegistrationMode = 'open' | 'invite' | 'closed';

interface Deps {
  readonly users: Pick<UserRepository, 'findCredentials'>;
  readonly invitations: Pick<InvitationRepository, 'findByToken'>;
  readonly invitationTokens: Pick<InvitationTokens, 'read'>;
  readonly unitOfWork: UnitOfWork;
  readonly limits: Pick<Limits, 'check'>;
  readonly hasher: PasswordHasher;
  readonly profileRules: ProfileRules;
  readonly passwordRules: PasswordRules;
  readonly registrationMode: RegistrationMode;
  readonly registration: Pick<VerificationOfRegistrations, 'verificationMail' | 'existingEmail'>;
  readonly challengeRequests: ChallengeRequests;
  readonly registrationRequests: Pick<RegistrationRequests, 'add' | 'announce'>;
  readonly ids: IdGenerator;
  readonly clock: Clock;
}

export interface RegistrationInput extends ProfileInput {
  readonly password: string;
  /** Token of an invitation. */
  readonly invitation?: string;
}

/** The new user; or, where taken addresses are concealed, what every caller learns. */
export type Registered =
  | { readonly user: UserProfile }
  | { readonly requested: RequestedChallenge };

/**
 * Registers a user at version 1. A free and a taken address get the same work up to the insert, whose unique
 * constraint decides. Looking the address up first would answer more questions about who has an account than the
 * hashing limit allows, and with a breached password without creating one.
 *
 * Where taken addresses are concealed, the registration is only stored: nothing in the request depends on whether the
 * address is taken. Callers who set up users, and people with an invitation, who have proven the address, learn it.
 *
 * An invitation proves the address, so the account begins verified; it is used up in the transaction that creates it.
 * @throws DomainError `registration_closed`, `rate_limited`, `invitation_invalid`, `validation_failed`, `email_taken`,
 * `overloaded`
 */
export function createRegisterUser(deps: Deps) {
  return async (caller: Caller, input: RegistrationInput): Promise<Registered> => {
    const isPublic = !maySetUpUsers(caller);
    if (isPublic) {
      requireOpenRegistration(input);
      // Before the fields are judged: a taken address must not be asked for more often by leaving one out.
      await deps.limits.check(caller, [{ policy: 'registration_client' }, { policy: 'global' }]);
    }
    const invited = await readInvitation(input.invitation);
    const parsers = profileParsers(input, deps.profileRules);
    const { password, ...person } = validateFields({
      ...parsers,
      email: () => invitedAddress(parsers.email(), invited?.invitation),
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
    const registration = { ...person, passwordHash, passwordForm: PASSWORD_NORMALIZATION_VERSION };
    if (isPublic && invited === null && deps.registration.existingEmail === 'conceal') {
      return { requested: await request(caller, registration) };
    }
    const user = User.register(
      {
        id: deps.ids.next(),
        ...registration,
        locale: person.locale ?? invited?.invitation.locale ?? null,
        emailVerified: invited !== null,
      },
      deps.clock.now(),
    );
    // An import must not send a mail to every imported person.
    const sendsMail = deps.registration.verificationMail && caller.principal.kind !== 'operator';
    await deps.unitOfWork.run(caller, async (transaction) => {
      if (invited !== null) {
        const { id, hash } = invited;
        if ((await transaction.invitations.accept(id, hash)) === null) throw invitationInvalid();
      }
      await transaction.users.insert(user);
      // After the insert, which waits for a change of the same address: its undo is visible from then on.
      if (await transaction.challenges.isReserved(person.email, user.id)) throw emailTaken();
      await transaction.outbox.append(user.takeEvents());
      if (sendsMail) {
        const request = { purpose: 'verify', userId: user.id, email: person.email } as const;
        await deps.challengeRequests.addIfPossible(transaction, { ...request, byHolder: true });
      }
    });
    if (sendsMail) deps.challengeRequests.announce();
    return { user: user.profile };
  };

  async function request(
    caller: Caller,
    registration: Omit<RegistrationRequest, 'id'>,
  ): Promise<RequestedChallenge> {
    const { registrationRequests } = deps;
    const requested = await deps.unitOfWork.run(caller, (transaction) =>
      registrationRequests.add(transaction, registration),
    );
    registrationRequests.announce();
    return requested;
  }

  function requireOpenRegistration({ invitation }: RegistrationInput): void {
    const { registrationMode: mode } = deps;
    if (mode === 'closed') throw registrationClosed();
    if (mode === 'invite' && invitation === undefined)
      throw registrationClosed('Registration needs an invitation.');
  }

  /** Before the password is hashed: a token that is not valid costs no hash. */
  async function readInvitation(token: string | undefined) {
    if (token === undefined) return null;
    const read = deps.invitationTokens.read(token);
    const invitation =
      read === null ? null : await deps.invitations.findByToken(read.id, read.hash);
    if (read === null || invitation === null) throw invitationInvalid();
    return { ...read, invitation };
  }

  async function isTaken(email: EmailAddress): Promise<boolean> {
    return (await deps.users.findCredentials(email)) !== null;
  }
}

/** @throws InvalidValue when the invitation is for another address */
function invitedAddress(email: EmailAddress, invitation: Invitation | undefined): EmailAddress {
  if (invitation !== undefined && invitation.email !== email) {
    throw new InvalidValue('email_not_invited', 'Must be the address that was invited.');
  }
  return email;
}

/** Whether the caller creates accounts for other people, whatever the mode. */
function maySetUpUsers({ principal }: Caller): boolean {
  if (principal.kind === 'operator') return true;
  if (principal.kind !== 'service') return false;
  return principal.scopes.some((scope) => scope === 'users:write' || scope === 'users:admin');
}
