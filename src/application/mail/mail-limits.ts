import { isMailKind, MAIL_KINDS, type MailLimits } from '../../domain/mail.ts';

export type MailLimitName = 'mailbox' | 'service';

/**
 * To one mailbox, so that no account can flood the mailbox of a stranger. Strangers get ten mails with codes out of the
 * service an hour and day, so some are left for those that the owner's known devices ask for.
 */
const ORDINARY = { mailboxPerHour: 15, mailboxPerDay: 20 } as const;
/** Notices may use what other mails leave free and five an hour more, so a flood of other mails does not hide them. */
const NOTICE = { mailboxPerHour: 20, mailboxPerDay: 40 } as const;
/** The part of the service's limit that mails other than notices may use. */
const ORDINARY_PART = 0.8;

/** The limits for mails of a kind. @param maxPerHour of the whole service */
export function mailLimits(kind: string, maxPerHour: number): MailLimits {
  if (isMailKind(kind) && MAIL_KINDS[kind].notice) {
    return { ...NOTICE, servicePerHour: maxPerHour };
  }
  return { ...ORDINARY, servicePerHour: Math.max(1, Math.floor(maxPerHour * ORDINARY_PART)) };
}
