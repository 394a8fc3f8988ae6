import type { MailBody } from '../../domain/mail.ts';
import type { MasterKeys } from './master-key.ts';
import { openWithAny, sealBytes } from './sealing.ts';

/**
 * Encrypts the values of queued mails: a copy of the database holds no code, link or name. Kind and locale are stored
 * beside the sealed bytes and are authenticated with them, as is the id.
 */
export interface MailSeal {
  seal(id: string, body: MailBody): Uint8Array;
  /** @returns null when another key sealed the bytes, or they belong to another mail. */
  open(mail: SealedMail): MailBody | null;
}

export interface SealedMail {
  readonly id: string;
  readonly kind: string;
  readonly locale: string | null;
  readonly content: Uint8Array;
}

/** Opens what is sealed under the previous master key, too. @throws Error when a master key is too short */
export function createMailSeal(masterKeys: MasterKeys): MailSeal {
  const keys = masterKeys.derive('queued-mail');
  return {
    seal(id, { kind, locale, firstName, data }) {
      const plain = Buffer.from(JSON.stringify({ firstName, data }));
      return sealBytes(keys.current, plain, contextOf(id, kind, locale));
    },
    open({ id, kind, locale, content }) {
      const plain = openWithAny(keys, content, contextOf(id, kind, locale));
      if (plain === null) return null;
      const { firstName, data } = JSON.parse(Buffer.from(plain).toString(), reviveTime);
      return { kind, locale, firstName, data } as MailBody;
    },
  };
}

function contextOf(id: string, kind: string, locale: string | null): string {
  return JSON.stringify(['mail', id, kind, locale]);
}

/** Values whose names end in `_at` are times. */
function reviveTime(name: string, value: unknown): unknown {
  return name.endsWith('_at') && typeof value === 'string' ? new Date(value) : value;
}
