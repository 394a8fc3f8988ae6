import type { MailBody, MailKind } from '../../domain/mail.ts';

const at = new Date('2026-11-05T23:10:59.999Z');
const link = 'https://app.example.com/confirm#t=uct_a-b_c&x=1';
const challenge = { code: '042137', url: link, expires_in_minutes: 10 };

const DATA: { readonly [Kind in MailKind]: Extract<MailBody, { kind: Kind }>['data'] } = {
  verify_email: challenge,
  reset_password: challenge,
  change_email: challenge,
  email_changed: { changed_at: at },
  email_changed_former: { changed_at: at, undo_url: link },
  password_changed: { changed_at: at },
  invitation: { url: link, expires_at: at },
  address_in_use: { reset_url: link },
  account_locked: { reset_url: link },
};

/** A mail of this kind with made-up values, and a link where the kind has one. */
export function exampleMail(
  kind: MailKind,
  { locale = null, firstName = 'Zo\u00eb' }: Partial<Pick<MailBody, 'locale' | 'firstName'>> = {},
): MailBody {
  return { locale, firstName, kind, data: DATA[kind] } as MailBody;
}
