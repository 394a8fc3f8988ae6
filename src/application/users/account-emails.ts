import type { NewMail } from '../../domain/mail.ts';
import type { UserProfile } from '../../domain/user/user.ts';

/** Says that the password was changed (OWASP ASVS 6.3.7). */
export function passwordChangedEmail(user: UserProfile, serviceName: string): NewMail {
  return {
    userId: user.id,
    kind: 'password_changed',
    to: user.email,
    subject: `Your ${serviceName} password was changed`,
    text: compose(
      greeting(user),
      `The password of your ${serviceName} account was changed on ${changeTime(user)}. All your other sessions were signed out.`,
      'If you made this change, you do not need to do anything.',
      recovery(serviceName),
    ),
  };
}

/**
 * Says to the former address and to the new one that the address was changed (OWASP ASVS 6.3.7). Neither mail names the
 * other address: its reader may be a different person.
 */
export function emailChangedEmails(
  user: UserProfile,
  formerEmail: string,
  serviceName: string,
): readonly NewMail[] {
  const mail = (to: string, ...paragraphs: readonly string[]): NewMail => ({
    userId: user.id,
    kind: 'email_changed',
    to,
    subject: `The email address of your ${serviceName} account was changed`,
    text: compose(greeting(user), ...paragraphs),
  });
  const change = `The email address of your ${serviceName} account was changed`;
  return [
    mail(
      formerEmail,
      `${change} on ${changeTime(user)}. This address no longer works for signing in.`,
      'If you made this change, you do not need to do anything.',
      recovery(serviceName),
    ),
    mail(
      user.email,
      `${change} to this address on ${changeTime(user)}. Use it to sign in from now on.`,
      'If you made this change, you do not need to do anything.',
      `If you did not, someone else entered your address. Please tell the people who run ${serviceName}.`,
    ),
  ];
}

/** No link: readers learn not to trust links in such mails, and a forged request cannot choose the link's host. */
function recovery(serviceName: string): string {
  return `If you did not, someone else may have access to your account. If you can still sign in, change your password and end your other sessions. In any case, tell the people who run ${serviceName}.`;
}

/** Letters, marks, spaces, hyphens and apostrophes; short, so that a name cannot hold a message of its own. */
const PLAIN_NAME = /^[\p{L}\p{M} '\u2019-]{1,40}$/u;

/**
 * Greets by first name. The owner of an account chooses the name and, until it is verified, any address: a name that
 * could carry a link or an advertisement is left out.
 */
function greeting({ firstName }: UserProfile): string {
  return PLAIN_NAME.test(firstName) ? `Hello ${firstName},` : 'Hello,';
}

/** Such as `25 November 2026, 16:10 UTC`. The user's new version has the time of the change. */
function changeTime({ updatedAt }: UserProfile): string {
  const date = updatedAt.toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
  return `${date}, ${updatedAt.toISOString().slice(11, 16)} UTC`;
}

function compose(...paragraphs: readonly string[]): string {
  return `${paragraphs.join('\n\n')}\n`;
}
