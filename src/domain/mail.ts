/** Why a mail is sent. */
export type MailKind = 'password_changed' | 'email_changed';

/** A mail that a use case wants to be sent. */
export interface NewMail {
  readonly userId: string;
  readonly kind: MailKind;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** A mail that one sender has claimed. */
export interface ClaimedMail extends Omit<NewMail, 'kind'> {
  readonly id: string;
  readonly kind: string;
  readonly messageId: string;
  /** The number of this attempt, from 1 on. It is the claim: changes under an older one change nothing. */
  readonly attempt: number;
}

/** How much mail waits. */
export interface MailBacklog {
  /** Counted up to 10,000. */
  readonly waiting: number;
  /** Age of the oldest one in milliseconds; 0 when none waits. */
  readonly oldestMs: number;
}

/** The queued mails, for whoever sends them. */
export interface MailStore {
  /**
   * Takes up to `limit` mails that are due, each for `leaseMs`: nobody else gets them meanwhile.
   * @param host the part after the @ of the Message-ID that a mail gets with its first attempt.
   */
  claim(claim: {
    readonly limit: number;
    readonly leaseMs: number;
    readonly host: string;
  }): Promise<readonly ClaimedMail[]>;
  /** @returns false when the claim is over. */
  markSent(mail: ClaimedMail): Promise<boolean>;
  /** Makes the mail due again after `delayMs`. @returns false when the claim is over. */
  putOff(mail: ClaimedMail, delayMs: number, error: string): Promise<boolean>;
  /** Gives the mail up. @returns false when the claim is over. */
  markFailed(mail: ClaimedMail, error: string): Promise<boolean>;
  /** Removes up to `limit` mails that were sent or given up at least `keptMs` ago. @returns how many. */
  deleteEnded(keptMs: number, limit: number): Promise<number>;
  backlog(): Promise<MailBacklog>;
}

/** A mail that was given up, without what is personal in it. */
export interface FailedMail {
  readonly id: string;
  readonly kind: string;
  readonly createdAt: Date;
  readonly failedAt: Date;
  readonly attempts: number;
  /** As the mail server said it, without addresses. */
  readonly lastError: string | null;
}

/** What an operator does with mails that were given up; they are kept for a while. */
export interface MailAdministration {
  /** The oldest first. */
  listFailed(limit: number): Promise<readonly FailedMail[]>;
  /** Makes one mail, or all for null, due now, with no attempt counted. @returns how many. */
  requeueFailed(id: string | null): Promise<number>;
  /** Removes a mail for good. @returns false when it is not given up. */
  dropFailed(id: string): Promise<boolean>;
}

/** The next hop will not take this mail, however often it is tried. The message names no address. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
}

/** A mail to one person. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The same at every attempt, so that a second copy is recognised as one (RFC 5322 §3.6.4); without `<` and `>`. */
  readonly messageId?: string;
}

/** Hands mail to its next hop. */
export interface Mailer {
  /**
   * Resolves when the next hop is responsible for the mail. Gives up when the signal aborts.
   * @throws MailRefused when it will never be taken; anything else when it was not, or nobody knows.
   */
  send(mail: Mail, signal?: AbortSignal): Promise<void>;
}
