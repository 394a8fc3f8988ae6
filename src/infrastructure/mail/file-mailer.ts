import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mail, Mailer } from '../../domain/mail.ts';
import type { IdGenerator } from '../../domain/ports.ts';
import { type Mailbox, messageOptions } from './mail-message.ts';

export interface FileMailerSettings {
  /** The folder. The first mail creates it, accessible to its owner only. */
  readonly path: string;
  readonly from: Mailbox;
  readonly ids: IdGenerator;
}

/** Beyond this number the oldest files are deleted. */
const MAX_FILES = 10_000;
/** Mails between two clean-ups of the folder. */
const CLEANUP_INTERVAL = 100;

/**
 * Writes each mail to a file `<id>.eml` that only its owner can read. The names sort by time. A crash leaves no partial
 * file. A mail that is sent again with the same Message-ID replaces its first copy.
 */
export function createFileMailer({ path, from, ids }: FileMailerSettings): Mailer {
  let written = 0;
  return {
    async send(mail, signal) {
      const content = await composeMessage(from, mail);
      signal?.throwIfAborted();
      await mkdir(path, { recursive: true, mode: 0o700 });
      const name = mail.messageId?.split('@')[0] ?? ids.next();
      await writeAtomically(path, name, ids.next(), content);
      if (written % CLEANUP_INTERVAL === 0) await deleteOldest(path);
      written += 1;
    },
  };
}

/** Writes a whole message (RFC 5322). @throws Error for a mail that no mailer sends */
export async function composeMessage(from: Mailbox, mail: Mail): Promise<Buffer> {
  const message = messageOptions(from, mail);
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message: content } = await transport.sendMail(message);
  return content as Buffer;
}

async function writeAtomically(
  folder: string,
  name: string,
  draftName: string,
  content: Buffer,
): Promise<void> {
  const draft = join(folder, `.${draftName}.draft`);
  const file = await open(draft, 'wx', 0o600);
  try {
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, join(folder, `${name}.eml`));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function deleteOldest(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.eml')).sort();
  for (const name of names.slice(0, Math.max(0, names.length - MAX_FILES))) {
    await rm(join(folder, name), { force: true });
  }
}
