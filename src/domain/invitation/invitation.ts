import type { EmailAddress } from '../user/email-address.ts';
import type { Locale } from '../user/locale.ts';
import type { PersonName } from '../user/person-name.ts';

/** An invitation to register, which has not been accepted or revoked. It may have expired. */
export interface Invitation {
  readonly id: string;
  readonly email: EmailAddress;
  /** Names that the account gets unless the person enters others. */
  readonly firstName: PersonName | null;
  readonly lastName: PersonName | null;
  /** BCP 47 tag of the mail and of the account; null for the default. */
  readonly locale: Locale | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export interface NewInvitation extends Omit<Invitation, 'createdAt' | 'expiresAt'> {
  readonly tokenHash: Uint8Array;
  readonly ttlMs: number;
}

/** One page of invitations in the order of their creation. */
export interface InvitationPage {
  readonly invitations: readonly Invitation[];
  /** `afterId` of the next page; null on the last page. */
  readonly nextAfterId: string | null;
}

/** The secret of an invitation, which only the mail holds, and its SHA-256, which is stored. */
export interface InvitationTokens {
  create(invitationId: string): { readonly token: string; readonly hash: Uint8Array };
  /** @returns null for a token that this service did not create. */
  read(token: string): { readonly id: string; readonly hash: Uint8Array } | null;
}

/** A row exists from the invitation until it is accepted or revoked, or some time after it expired. */
export interface InvitationRepository {
  /** Replaces invitations of the same address. @returns the stored invitation */
  insert(invitation: NewInvitation): Promise<Invitation>;
  /** @returns null unless the token is that of an invitation that is in force. */
  findByToken(id: string, tokenHash: Uint8Array): Promise<Invitation | null>;
  /**
   * Removes the invitation that the token is of, inside the transaction of the registration: of two transactions one gets
   * null.
   */
  accept(id: string, tokenHash: Uint8Array): Promise<Invitation | null>;
  list(page: {
    /** Only invitations with a greater id; null for the first page. */
    readonly afterId: string | null;
    readonly limit: number;
  }): Promise<InvitationPage>;
  /** @returns false when there is no such invitation. */
  delete(id: string): Promise<boolean>;
  /** Deletes up to `limit` invitations that expired at least `keptMs` ago. @returns how many. */
  deleteExpired(keptMs: number, limit: number): Promise<number>;
}
