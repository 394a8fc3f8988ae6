import type { NewMail } from '../../domain/mail.ts';
import type { UserProfile } from '../../domain/user/user.ts';

/** What to do is the same whatever changed. No link: none to imitate, and none whose host a request could forge. */
const ADVICE =
  'If it was you, there is nothing to do. If not, somebody else may have access to your account: change your\npassword, end your other sessions, and tell the people who run the service.';

/** Tells the owner of an account that its password changed (OWASP ASVS 6.3.7). */
export function passwordChangedEmail(user: UserProfile): NewMail {
  return {
    userId: user.id,
    kind: 'password_changed',
    to: user.email,
    subject: 'Your password was changed',
    text: `The password of your account was changed at ${time(user)}, and all other sessions were ended.\n\n${ADVICE}\n`,
  };
}

/**
 * Tells the former address and the new one of the change (OWASP ASVS 6.3.7). Neither text names the other address:
 * whoever reads the one mailbox need not be the one who reads the other.
 */
export function emailChangedEmails(user: UserProfile, formerEmail: string): readonly NewMail[] {
  const notice = (to: string, what: string): NewMail => ({
    userId: user.id,
    kind: 'email_changed',
    to,
    subject: 'The e-mail address of your account was changed',
    text: `${what} at ${time(user)}.\n\n${ADVICE}\n`,
  });
  return [
    notice(
      formerEmail,
      'An account stopped using this e-mail address and uses another one since a change',
    ),
    notice(user.email, 'An account was changed to use this e-mail address'),
  ];
}

/** The time of the change: that of the user's new version. */
function time({ updatedAt }: UserProfile): string {
  return `${updatedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
