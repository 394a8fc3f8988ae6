/**
 * What a mail says: its kind, and the values that its template shows. Values hold no text that a user wrote. A `url` or
 * `undo_url` with a token, and a `code`, are bearer secrets: they exist in the clear only until they are queued.
 */
export type MailContent =
  /** To an address that its owner has to confirm. */
  | { readonly kind: 'verify_email'; readonly data: ChallengeData }
  | { readonly kind: 'reset_password'; readonly data: ChallengeData }
  /** To the new address of an account, before the change is in force. */
  | { readonly kind: 'change_email'; readonly data: ChallengeData }
  /** To the new address, when the change is in force. */
  | { readonly kind: 'email_changed'; readonly data: { readonly changed_at: Date } }
  /** To the former address. */
  | {
      readonly kind: 'email_changed_former';
      readonly data: { readonly changed_at: Date; readonly undo_url: string | null };
    }
  | { readonly kind: 'password_changed'; readonly data: { readonly changed_at: Date } }
  | {
      readonly kind: 'invitation';
      readonly data: { readonly url: string; readonly expires_at: Date };
    }
  /** To the owner of an address that is registered a second time. */
  | { readonly kind: 'address_in_use'; readonly data: { readonly reset_url: string } }
  /** Too many wrong passwords. */
  | { readonly kind: 'account_locked'; readonly data: { readonly reset_url: string } };

interface ChallengeData {
  /** Empty when it has expired and the link has not. */
  readonly code: string;
  readonly url: string;
  /** Lifetime of the code. */
  readonly expires_in_minutes: number;
  /** When the code expires. Older builds queued mails without it, whose link expires with the code. */
  readonly code_expires_at?: Date;
  readonly link_expires_in_minutes?: number;
}

export type MailKind = MailContent['kind'];

interface MailKindTraits {
  /** The content has a bearer secret: it is deleted when the mail was sent or became a dead letter. */
  readonly secret: boolean;
  /** A security notice to the owner of the account: other mails leave room for it, and it is sent before them. */
  readonly notice: boolean;
}

/** All kinds of mail. */
export const MAIL_KINDS = {
  verify_email: { secret: true, notice: false },
  reset_password: { secret: true, notice: false },
  change_email: { secret: true, notice: false },
  email_changed: { secret: false, notice: false },
  email_changed_former: { secret: true, notice: true },
  password_changed: { secret: false, notice: true },
  invitation: { secret: true, notice: false },
  address_in_use: { secret: false, notice: false },
  account_locked: { secret: false, notice: true },
} as const satisfies Readonly<Record<MailKind, MailKindTraits>>;

export function isMailKind(text: string): text is MailKind {
  return Object.hasOwn(MAIL_KINDS, text);
}

/** A mail without its recipient: what is sealed in the queue. */
export type MailBody = {
  /** BCP 47 tag; null for the configured default. */
  readonly locale: string | null;
  /** For the greeting; null for a greeting without a name. */
  readonly firstName: string | null;
} & MailContent;

export type NewMail = {
  /** Null for a mail to a person without an account. */
  readonly userId: string | null;
  readonly to: string;
} & MailBody;

const MINUTE_MS = 60_000;

/**
 * The mail as it is true at `now`: it says how long the code is still valid, and says nothing of a code that has expired
 * or is about to.
 */
export function withTimeLeft(body: MailBody, now: Date): MailBody {
  if (!('code_expires_at' in body.data)) return body;
  const { code_expires_at: expiresAt, ...data } = body.data;
  if (expiresAt === undefined) return body;
  const left = Math.round((expiresAt.getTime() - now.getTime()) / MINUTE_MS);
  const current = left < 1 ? { code: '', expires_in_minutes: 0 } : { expires_in_minutes: left };
  return { ...body, data: { ...data, ...current } } as MailBody;
}

/** When the content is useless; null if it does not expire. */
export function mailExpiry({ kind, data }: MailContent, createdAt: Date): Date | null {
  switch (kind) {
    case 'verify_email':
    case 'reset_password':
    case 'change_email':
      return new Date(
        createdAt.getTime() + (data.link_expires_in_minutes ?? data.expires_in_minutes) * MINUTE_MS,
      );
    case 'invitation':
      return data.expires_at;
    default:
      return null;
  }
}

/** A mail that one sender holds for the time of its lease. */
export interface ClaimedMail {
  readonly id: string;
  readonly userId: string | null;
  readonly kind: string;
  readonly to: string;
  readonly messageId: string;
  /** The number of this attempt, from 1. It identifies the claim: a change under an older number has no effect. */
  readonly attempt: number;
  /** A text of a build that wrote texts into the queue; null when the content is gone or cannot be decrypted. */
  readonly content: MailBody | MailText | null;
  /** What the mail is about has expired. */
  readonly expired: boolean;
  /** The limits on mail were applied, or do not apply. */
  readonly admitted: boolean;
}

/** What the recipient reads. */
export interface MailText {
  readonly subject: string;
  readonly text: string;
  /** The same in HTML. */
  readonly html?: string;
}

/** Writes mails from templates. */
export interface MailRenderer {
  /** @throws Error when the template of the mail cannot be used. The message repeats no value of the mail. */
  render(body: MailBody): Promise<MailText>;
}

export interface MailBacklog {
  /** Counted up to 10,000. */
  readonly waiting: number;
  /** Age of the oldest waiting mail; 0 when none waits. */
  readonly oldestAgeMs: number;
}

/** How many mails may be sent; each number is at least 1. */
export interface MailLimits {
  /** To one mailbox, whatever the subaddress, in the hour before a mail was queued. */
  readonly mailboxPerHour: number;
  /** The same for a day. */
  readonly mailboxPerDay: number;
  /** By the whole service in an hour of the clock. */
  readonly servicePerHour: number;
}

/** The first limit that a mail is over, if any. */
export type MailAdmission = 'admitted' | 'mailbox_full' | 'service_full';

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
  /** Applies the limits to a claimed mail, and counts it if it is within them. Call it once for each mail. */
  admit(mail: ClaimedMail, limits: MailLimits): Promise<MailAdmission>;
  /** @returns false when the claim has ended. */
  markSent(mail: ClaimedMail): Promise<boolean>;
  /** Makes the mail due again after `delayMs`. @returns false when the claim has ended. */
  reschedule(mail: ClaimedMail, delayMs: number, error: string): Promise<boolean>;
  /**
   * Makes the mail a dead letter, and deletes its content if that has a secret.
   * @param suppressed it was over a limit and does not count for later mails
   * @returns false when the claim has ended.
   */
  markDead(mail: ClaimedMail, error: string, suppressed?: boolean): Promise<boolean>;
  /** Deletes up to `limit` mails that were sent, or became dead letters, at least `keptMs` ago. @returns how many. */
  deleteEnded(keptMs: number, limit: number): Promise<number>;
  backlog(): Promise<MailBacklog>;
}

/** A dead letter: a mail that is not tried any more. Recipient and content are personal data and not in it. */
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
export interface Mail extends MailText {
  readonly to: string;
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
