import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mailer } from '../../domain/mail.ts';
import type { IdGenerator } from '../../domain/ports.ts';
import { type Mailbox, messageOptions } from './mail-message.ts';

/** Where the files go. */
export interface FileMailerSettings {
  /** The folder; made with the first mail, for its owner only. */
  readonly path: string;
  readonly from: Mailbox;
  readonly ids: IdGenerator;
}

/** Files kept; the oldest go first. */
const MAX_FILES = 10_000;
/** How often the folder is looked through, in mails. */
const TIDY_INTERVAL = 100;

/**
 * Writes each mail into a file of its own: `<id>.eml`, in the order of their names, whole or not at all, readable by
 * the owner only. A mail that is sent again under its Message-ID replaces its first copy.
 */
export function createFileMailer({ path, from, ids }: FileMailerSettings): Mailer {
  let written = 0;
  return {
    async send(mail, signal) {
      const message = messageOptions(from, mail);
      const content = await compose(message);
      signal?.throwIfAborted();
      await mkdir(path, { recursive: true, mode: 0o700 });
      const name = mail.messageId?.split('@')[0] ?? ids.next();
      await writeWhole(path, name, ids.next(), content);
      if (written % TIDY_INTERVAL === 0) await tidy(path);
      written += 1;
    },
  };
}

async function compose(message: ReturnType<typeof messageOptions>): Promise<Buffer> {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message: content } = await transport.sendMail(message);
  return content as Buffer;
}

async function writeWhole(
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

async function tidy(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.eml')).sort();
  for (const name of names.slice(0, Math.max(0, names.length - MAX_FILES))) {
    await rm(join(folder, name), { force: true });
  }
}
