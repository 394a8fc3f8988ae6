import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type RunningProcess, startProcess } from './child-process.ts';
import { parseMessage, type ReadMessage } from './mail-message.ts';
import { createTemporaryDirectory } from './temp-directory.ts';

/** What the server's process is told. */
export interface SmtpChildSettings {
  /** File that every mail it takes is appended to. */
  readonly log: string;
  readonly port?: number;
  readonly greetingDelayMs?: number;
  /** Offers STARTTLS with it. */
  readonly certificate?: { readonly certificatePath: string; readonly privateKeyPath: string };
  readonly implicitTls?: boolean;
  /** Asks for authentication. */
  readonly password?: string;
}

/** A mail as the server took it. */
export interface ReceivedMail extends ReadMessage {
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** Over TLS. */
  readonly secure: boolean;
  readonly user: string | null;
  /** Open at the server when it took the mail. */
  readonly connections: number;
}

/**
 * A real SMTP server in a process of its own. What it does with a recipient whose local part begins with it, up to the first dot: `never` 550 and `later`
 * 451 at RCPT, `once` 450 at the first RCPT only, `spam` 554 and `full` 452 after the data, `drop` cuts the connection
 * in the data, `hang` never answers them, `lost` takes the first mail and cuts the connection without an answer.
 */

export interface SmtpServer {
  readonly port: number;
  readonly process: RunningProcess;
  /** In the order of their arrival. */
  received(): readonly ReceivedMail[];
}

/** Starts one for the test that calls it. */
export async function useSmtpServer(
  settings: Omit<SmtpChildSettings, 'log'> = {},
): Promise<SmtpServer> {
  const directory = createTemporaryDirectory('smtp');
  const log = join(directory.path, 'received');
  writeFileSync(log, '');
  const child = await startProcess(
    process.execPath,
    [
      ...['--import', 'tsx', fileURLToPath(new URL('smtp-child.ts', import.meta.url))],
      JSON.stringify({ ...settings, log } satisfies SmtpChildSettings),
    ],
    { directory: directory.path },
  );
  onTestFinished(async () => {
    await child.kill();
    await directory.remove();
  });
  const line = await child.waitForLine(/^listening on \d+$/);
  return {
    port: Number(line.split(' ').pop()),
    process: child,
    received: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((text) => text !== '')
        .map((text) => {
          const { from, to, secure, user, connections, content } = JSON.parse(text);
          const message = parseMessage(Buffer.from(content, 'base64').toString('latin1'));
          return { ...message, envelope: { from, to }, secure, user, connections };
        }),
  };
}
