import type { Mail, Mailer } from '../../domain/mail.ts';

export interface MemoryMailer extends Mailer {
  /** The oldest first. */
  readonly sent: readonly Mail[];
}

/** Beyond this number the oldest mail is dropped. */
const MAX_KEPT = 1_000;
/** RFC 5322 §2.2: a header ends at a line break, so a line break in a value would inject further headers. */
const LINE_BREAK_OR_NUL = /[\r\n\0]/;

/**
 * Keeps mail in memory instead of delivering it; for tests. Like the other mailers it refuses addresses and subjects
 * with CR, LF or NUL (OWASP ASVS 1.3.11).
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
