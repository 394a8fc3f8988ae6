import type { NewMail } from '../../domain/mail.ts';
import type { UserProfile } from '../../domain/user/user.ts';

type Owner = Pick<UserProfile, 'id' | 'firstName' | 'email' | 'locale' | 'updatedAt'>;

/** Says that the password was changed (OWASP ASVS 6.3.7). The user's new version has the time of the change. */
export function passwordChangedMail(user: Owner): NewMail {
  return {
    ...recipient(user),
    kind: 'password_changed',
    data: { changed_at: user.updatedAt },
  };
}

/**
 * Says to the former address and to the new one that the address was changed (OWASP ASVS 6.3.7). Neither mail names the
 * other address: its reader may be a different person.
 * @param undoUrl takes the change back; null when it cannot be taken back.
 */
export function emailChangedMails(
  user: Owner,
  formerEmail: string,
  undoUrl: string | null,
): readonly NewMail[] {
  const changed_at = user.updatedAt;
  return [
    {
      ...recipient(user),
      to: formerEmail,
      kind: 'email_changed_former',
      data: { changed_at, undo_url: undoUrl },
    },
    { ...recipient(user), kind: 'email_changed', data: { changed_at } },
  ];
}

/** Says that too many wrong passwords closed the password for devices that never signed in. */
export function accountLockedMail(user: Owner, resetUrl: string): NewMail {
  return { ...recipient(user), kind: 'account_locked', data: { reset_url: resetUrl } };
}

function recipient({ id, email, locale, firstName }: Owner) {
  return { userId: id, to: email, locale, firstName };
}
