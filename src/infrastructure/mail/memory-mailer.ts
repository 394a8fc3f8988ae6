import type { Mail, Mailer } from '../../domain/mail.ts';

/** A mailer that keeps what it is given. */
export interface MemoryMailer extends Mailer {
  /** The mails taken, the oldest first. */
  readonly sent: readonly Mail[];
}

/** Mails kept; the oldest goes first. */
const MAX_KEPT = 1_000;
/** RFC 5322 §2.2: a header's value ends at a line break, and whoever smuggles one in writes headers of their own. */
const LINE_BREAK_OR_NUL = /[\r\n\0]/;

/**
 * Takes mail and delivers it nowhere: for tests, and for a service whose mail nobody should get.
 * Addresses and subjects with CR, LF or NUL are refused like everywhere (OWASP ASVS 1.3.11).
 */
export function createMemoryMailer(): MemoryMailer {
  const sent: Mail[] = [];
  return {
    sent,
    async send(mail) {
      if (LINE_BREAK_OR_NUL.test(mail.to) || LINE_BREAK_OR_NUL.test(mail.subject)) {
        throw new Error('a mail header must not contain CR, LF or NUL');
      }
      sent.push(mail);
      if (sent.length > MAX_KEPT) sent.shift();
    },
  };
}
