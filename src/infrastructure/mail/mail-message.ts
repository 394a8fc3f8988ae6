import { InvalidValue } from '../../domain/errors.ts';
import type { Mail } from '../../domain/mail.ts';
import { parseEmailAddress } from '../../domain/user/email-address.ts';

export interface Mailbox {
  /** May be empty. */
  readonly name: string;
  readonly address: string;
}

/** In code units; also when encoded far below the 998 bytes of a line (RFC 5322 §2.1.1). */
const SUBJECT_MAX_LENGTH = 200;
/** Characters that end a header line, or that some readers treat as its end: C0, DEL, C1 and the line separators. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
/** Excludes the characters that separate addresses or delimit comments (RFC 5322 §3.2.3, specials). */
const ADDRESS = /^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"]+$/;
const ASCII = /^[\x21-\x7e]+$/;
const MESSAGE_ID = /^[A-Za-z0-9.-]{1,100}@[A-Za-z0-9.-]{1,255}$/;

/**
 * Builds nodemailer's options for a message. It checks every value first, so that no part of a mail can add a header or
 * a recipient (OWASP ASVS 1.3.11). The envelope has the addresses of the headers.
 * @throws Error whose message repeats no part of the mail.
 */
export function messageOptions(from: Mailbox, mail: Mail) {
  if (!isPermissiveAddress(mail.to)) assertAddress(mail.to, 'recipient');
  if (CONTROL.test(mail.subject) || mail.subject.length > SUBJECT_MAX_LENGTH) {
    throw new Error('the subject of a mail must be one line of at most 200 characters');
  }
  if (mail.messageId !== undefined && !MESSAGE_ID.test(mail.messageId)) {
    throw new Error('the Message-ID of a mail is malformed');
  }
  return {
    from: { ...from },
    to: { name: '', address: mail.to },
    envelope: { from: from.address, to: [mail.to] },
    subject: mail.subject,
    text: mail.text,
    ...(mail.html === undefined ? {} : { html: mail.html }),
    ...(mail.messageId === undefined ? {} : { messageId: `<${mail.messageId}>` }),
    // RFC 3834 §5: stops automatic replies such as holiday notices.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** Reads `name <address>` or an address alone. @throws Error for other text. */
export function parseMailbox(text: string): Mailbox {
  const [, name = '', address = text] = /^([^<>]*)<([^<>]*)>$/.exec(text.trim()) ?? [];
  if (CONTROL.test(name)) throw new Error('the name of a mail address must be one line');
  assertAddress(address.trim(), 'sender');
  return { name: name.trim().replace(/^"(.*)"$/, '$1'), address: address.trim() };
}

/**
 * An address with quotes or an IP address, as the service stores them at the level `permissive`: one canonical address
 * without white space, angle brackets and control characters.
 */
function isPermissiveAddress(address: string): boolean {
  try {
    return parseEmailAddress(address, 'permissive') === address;
  } catch (error) {
    if (error instanceof InvalidValue) return false;
    throw error;
  }
}

function assertAddress(address: string, what: string): void {
  if (!ADDRESS.test(address) || !ASCII.test(address) || address.length > 254) {
    throw new Error(`the ${what} of a mail is not a plain ASCII address`);
  }
}
