import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type RunningProcess, startProcess } from './child-process.ts';
import { parseMessage, type ReadMessage } from './mail-message.ts';
import { createTemporaryDirectory } from './temp-directory.ts';

/** The settings of the server's process. */
export interface SmtpChildSettings {
  /** The file to which it appends each accepted mail. */
  readonly log: string;
  readonly port?: number;
  readonly greetingDelayMs?: number;
  /** Enables STARTTLS. */
  readonly certificate?: { readonly certificatePath: string; readonly privateKeyPath: string };
  readonly implicitTls?: boolean;
  /** Requires authentication. */
  readonly password?: string;
}

/** A mail that the server accepted. */
export interface ReceivedMail extends ReadMessage {
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  /** Whether it came over TLS. */
  readonly secure: boolean;
  readonly user: string | null;
  /** Connections that were open when the server accepted the mail. */
  readonly connections: number;
}

/**
 * An SMTP server in a separate process. The part of the recipient before the first dot selects its behaviour: `never`
 * replies 550 and `later` 451 at RCPT; `once` replies 450 at the first RCPT only; `spam` replies 554 and `full` 452
 * after the data; `drop` cuts the connection during the data; `hang` never replies to them; `lost` accepts the first
 * mail and cuts the connection without a reply.
 */
export interface SmtpServer {
  readonly port: number;
  readonly process: RunningProcess;
  /** In the order of arrival. */
  received(): readonly ReceivedMail[];
}

/** Starts a server that runs until the test ends. */
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
