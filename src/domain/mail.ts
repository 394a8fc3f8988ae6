export type MailKind = 'password_changed' | 'email_changed';

export interface NewMail {
  readonly userId: string;
  readonly kind: MailKind;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** A mail that one sender holds for the time of its lease. */
export interface ClaimedMail extends Omit<NewMail, 'kind'> {
  readonly id: string;
  readonly kind: string;
  readonly messageId: string;
  /** The number of this attempt, from 1. It identifies the claim: a change under an older number has no effect. */
  readonly attempt: number;
}

export interface MailBacklog {
  /** Counted up to 10,000. */
  readonly waiting: number;
  /** Age of the oldest waiting mail; 0 when none waits. */
  readonly oldestAgeMs: number;
}

/** The queued mails, as senders see them. */
export interface MailStore {
  /**
   * Claims up to `limit` mails that are due. No other sender can claim them for `leaseMs`.
   * @param host the part after the @ in the Message-ID that a mail gets with its first attempt.
   */
  claim(claim: {
    readonly limit: number;
    readonly leaseMs: number;
    readonly host: string;
  }): Promise<readonly ClaimedMail[]>;
  /** @returns false when the claim has ended. */
  markSent(mail: ClaimedMail): Promise<boolean>;
  /** Makes the mail due again after `delayMs`. @returns false when the claim has ended. */
  reschedule(mail: ClaimedMail, delayMs: number, error: string): Promise<boolean>;
  /** Makes the mail a dead letter. @returns false when the claim has ended. */
  markDead(mail: ClaimedMail, error: string): Promise<boolean>;
  /** Deletes up to `limit` mails that were sent, or became dead letters, at least `keptMs` ago. @returns how many. */
  deleteEnded(keptMs: number, limit: number): Promise<number>;
  backlog(): Promise<MailBacklog>;
}

/** A dead letter: a mail that is not tried any more. Recipient, subject and text are personal data and not in it. */
export interface DeadMail {
  readonly id: string;
  readonly kind: string;
  readonly createdAt: Date;
  readonly deadAt: Date;
  readonly attempts: number;
  /** The mail server's answer, without addresses. */
  readonly lastError: string | null;
}

/** The next hop will never accept this mail. The message names no address. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
}

/** A mail to one recipient. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  /** The same at every attempt, so that recipients recognise a second copy (RFC 5322 §3.6.4); without `<` and `>`. */
  readonly messageId?: string;
}

/** Hands mail to its next hop: an SMTP server or a folder. */
export interface Mailer {
  /**
   * Resolves when the next hop has taken responsibility for the mail. Stops when the signal aborts.
   * @throws MailRefused when the mail will never be accepted; any other error when it was not, or the outcome is unknown.
   */
  send(mail: Mail, signal?: AbortSignal): Promise<void>;
}
