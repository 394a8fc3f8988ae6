import { validateFields } from '../../domain/errors.ts';
import type {
  Invitation,
  InvitationPage,
  InvitationRepository,
  InvitationTokens,
} from '../../domain/invitation/invitation.ts';
import type { IdGenerator } from '../../domain/ports.ts';
import {
  emailTaken,
  invitationInvalid,
  invitationNotFound,
  registrationClosed,
} from '../../domain/rejections.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import { parseEmailAddress } from '../../domain/user/email-address.ts';
import { parseLocale } from '../../domain/user/locale.ts';
import { parsePersonName } from '../../domain/user/person-name.ts';
import type { ProfileRules } from '../../domain/user/profile-rules.ts';
import type { Caller } from '../access/caller.ts';
import { requireScope } from '../access/policy.ts';
import type { RegistrationMode } from '../users/register-user.ts';

/** Days in which an invitation can be accepted, unless it says otherwise. */
export const INVITATION_DEFAULT_DAYS = 7;
/** Bounds of the lifetime of an invitation. */
export const INVITATION_MIN_SECONDS = 60;
export const INVITATION_MAX_SECONDS = 30 * 24 * 60 * 60;

export interface InvitationPorts {
  readonly invitations: InvitationRepository;
  readonly invitationTokens: InvitationTokens;
  readonly unitOfWork: UnitOfWork;
  readonly profileRules: ProfileRules;
  readonly registrationMode: RegistrationMode;
  readonly ids: IdGenerator;
  /** The address of the page that accepts an invitation, with its token in the fragment. */
  readonly invitationUrl: (token: string, locale: string | null) => string;
}

export interface InvitationInput {
  readonly email: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  /** BCP 47 tag of the mail, its page and the account; null for the default. */
  readonly locale: string | null;
  /** `INVITATION_MIN_SECONDS` to `INVITATION_MAX_SECONDS`. */
  readonly expiresInSeconds: number;
}

export function createInvitationUseCases(ports: InvitationPorts) {
  const { invitations, invitationTokens: tokens, profileRules } = ports;

  return {
    /**
     * Invites a person by mail; earlier invitations of the address are no longer valid. Only the mail has the token.
     * @throws DomainError `unauthenticated`, `forbidden`, `registration_closed`, `validation_failed`, `email_taken`
     */
    async create(caller: Caller, input: InvitationInput): Promise<Invitation> {
      requireScope(caller, 'users:admin');
      if (ports.registrationMode === 'closed') throw registrationClosed();
      const { firstName, lastName, locale } = input;
      const person = validateFields({
        email: () => parseEmailAddress(input.email, profileRules.email),
        firstName: () => (firstName === null ? null : parsePersonName(firstName)),
        lastName: () => (lastName === null ? null : parsePersonName(lastName)),
        locale: () => (locale === null ? null : parseLocale(locale)),
      });
      const id = ports.ids.next();
      const { token, hash } = tokens.create(id);
      return ports.unitOfWork.run(caller, async ({ users, mail, ...transaction }) => {
        if ((await users.findCredentials(person.email)) !== null) throw emailTaken();
        const invitation = await transaction.invitations.insert({
          ...{ id, ...person, tokenHash: hash },
          ttlMs: input.expiresInSeconds * 1_000,
        });
        await mail.enqueue([
          {
            userId: null,
            to: person.email,
            locale: person.locale,
            firstName: person.firstName,
            kind: 'invitation',
            data: {
              url: ports.invitationUrl(token, person.locale),
              expires_at: invitation.expiresAt,
            },
          },
        ]);
        return invitation;
      });
    },

    /** @throws DomainError `unauthenticated`, `forbidden` */
    async list(
      caller: Caller,
      page: { readonly afterId: string | null; readonly limit: number },
    ): Promise<InvitationPage> {
      requireScope(caller, 'users:admin');
      return invitations.list(page);
    },

    /** @throws DomainError `unauthenticated`, `forbidden`, `invitation_not_found` */
    async revoke(caller: Caller, id: string): Promise<void> {
      requireScope(caller, 'users:admin');
      const isDeleted = await ports.unitOfWork.run(caller, (transaction) => {
        transaction.commitWithNext();
        return transaction.invitations.delete(id);
      });
      if (!isDeleted) throw invitationNotFound();
    },

    /**
     * Shows an invitation to a person who has its token, and changes nothing.
     * @throws DomainError `invitation_invalid`
     */
    async look(_caller: Caller, token: string): Promise<Invitation> {
      const read = tokens.read(token);
      const invitation = read === null ? null : await invitations.findByToken(read.id, read.hash);
      if (invitation === null) throw invitationInvalid();
      return invitation;
    },
  };
}
