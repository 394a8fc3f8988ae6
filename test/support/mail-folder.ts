import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { parseMessage, type ReadMessage } from './mail-message.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from './temp-directory.ts';

/** The folder into which a service with `mail.driver: file` writes its mails. */
export interface MailFolder extends TemporaryDirectory {
  /** All mails so far to an address, in no particular order. */
  mailsTo(email: string): readonly ReadMessage[];
  /** Waits for the only mail to an address whose subject matches. */
  waitFor(email: string, subject: RegExp): Promise<ReadMessage>;
}

export function createMailFolder(): MailFolder {
  const directory = createTemporaryDirectory('mail');
  const mailsTo = (email: string): ReadMessage[] =>
    readdirSync(directory.path)
      .filter((name) => name.endsWith('.eml'))
      .map((name) => parseMessage(readFileSync(join(directory.path, name), 'latin1')))
      .filter(({ headers }) => headers.to?.[0]?.includes(email));
  return {
    path: directory.path,
    remove: () => directory.remove(),
    mailsTo,
    waitFor: (email, subject) =>
      eventually(
        () => {
          const [mail, ...others] = mailsTo(email).filter((one) => subject.test(one.subject));
          if (mail === undefined || others.length > 0) {
            throw new Error(`${others.length + (mail === undefined ? 0 : 1)} mails`);
          }
          return mail;
        },
        { timeoutMs: 20_000, what: `one mail to ${email} with the subject ${subject}` },
      ),
  };
}

/** The links of a mail's text part. */
export function linksOf({ text }: ReadMessage): readonly string[] {
  return text.match(/https?:\/\/\S+/g) ?? [];
}
