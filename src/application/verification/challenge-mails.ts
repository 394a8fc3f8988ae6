import type { NewMail } from '../../domain/mail.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { RequestedPurpose } from '../../domain/verification/challenge.ts';

const KINDS = { verify: 'verify_email', reset: 'reset_password', change: 'change_email' } as const;

/** The secrets of a mail. */
export interface MailedSecrets {
  readonly code: string;
  readonly url: string;
  /** Lifetime of the code. */
  readonly expiresInMinutes: number;
  readonly codeExpiresAt: Date;
  readonly linkExpiresInMinutes: number;
}

/** The mail of a challenge. It goes to the address that the challenge is about. */
export function challengeMail(
  purpose: RequestedPurpose,
  user: UserProfile,
  to: string,
  { code, url, ...times }: MailedSecrets,
): NewMail {
  return {
    ...{
      userId: user.id,
      to,
      locale: user.locale,
      firstName: user.firstName,
      kind: KINDS[purpose],
    },
    data: {
      ...{ code, url },
      expires_in_minutes: times.expiresInMinutes,
      code_expires_at: times.codeExpiresAt,
      link_expires_in_minutes: times.linkExpiresInMinutes,
    },
  };
}

/** Says to the owner of an address that it cannot be used for another account. */
export function addressInUseMail(owner: UserProfile, resetUrl: string): NewMail {
  return {
    ...{ userId: owner.id, to: owner.email, locale: owner.locale, firstName: owner.firstName },
    kind: 'address_in_use',
    data: { reset_url: resetUrl },
  };
}
