import { isIP } from 'node:net';
import type { SMTPPoolOptions } from 'nodemailer/lib/smtp-pool';
import { type Mailer, MailRefused } from '../../domain/mail.ts';
import { errorText } from '../../lib/error-text.ts';
import { redactText } from '../logging/redact-text.ts';
import { type Mailbox, messageOptions } from './mail-message.ts';

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** `starttls` requires STARTTLS; `implicit` uses TLS from the first byte. */
  readonly tls: 'starttls' | 'implicit' | 'none';
  /** Certificate authorities as PEM; those of Node.js by default. */
  readonly ca?: string | undefined;
  /** For connecting, and for each reply. */
  readonly timeoutMs: number;
  readonly maxConnections: number;
}

export interface SmtpMailer extends Mailer {
  /** Closes all connections. Mails in progress fail. */
  close(): void;
}

/** Shorter than the idle timeouts of most servers and firewalls. */
const IDLE_TIMEOUT_MS = 30_000;
const MAILS_PER_CONNECTION = 100;
const CLOSE_TIMEOUT_MS = 1_000;

/** The first mail loads the SMTP library. */
export function createSmtpMailer(settings: SmtpSettings, from: Mailbox): SmtpMailer {
  let opened: ReturnType<typeof openTransport> | undefined;
  let closed = false;
  return {
    async send(mail, signal) {
      const message = messageOptions(from, mail);
      if (closed) throw new Error('the mailer is closed');
      opened ??= openTransport(settings);
      const transport = await opened;
      try {
        await transport.sendMail({ ...message, ...(signal === undefined ? {} : { signal }) });
      } catch (error) {
        throw translate(error);
      }
    },
    close() {
      closed = true;
      opened?.then((transport) => transport.close({ force: true })).catch(() => {});
    },
  };
}

/** Connects, negotiates TLS and logs in, but sends no mail. @throws Error with the reply, or the failure of the connection */
export async function verifySmtp(settings: SmtpSettings): Promise<void> {
  const transport = await openTransport(settings);
  try {
    await transport.verify();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(redactText(message).slice(0, REPLY_MAX_LENGTH), { cause: error });
  } finally {
    transport.close({ force: true });
  }
}

async function openTransport(settings: SmtpSettings) {
  const { createTransport } = await import('nodemailer');
  const { host, port, username, password, tls, ca, timeoutMs, maxConnections } = settings;
  const options: SMTPPoolOptions & { pool: true } = {
    pool: true,
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca }),
      ...(isIP(host) === 0 ? { servername: host } : {}),
    },
    ...(username === undefined ? {} : { auth: { user: username, pass: password ?? '' } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    socketCloseTimeout: CLOSE_TIMEOUT_MS,
    maxConnections,
    maxMessages: MAILS_PER_CONNECTION,
    idleTimeout: IDLE_TIMEOUT_MS,
    // When a connection breaks after the data, the mail may be delivered: only the queue retries, with its Message-ID.
    maxRequeues: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return createTransport(options);
}

/** The parts of a nodemailer error that are used here. */
interface ReportedSmtpError {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

/** A 5xx reply to these commands rejects the mail. To other commands it rejects the client, which can be fixed. */
const MAIL_COMMANDS: ReadonlySet<string> = new Set(['RCPT TO', 'DATA']);
const REPLY_MAX_LENGTH = 200;

/** Names the command and the reply, or the cause without one, but no e-mail address. RFC 5321 §4.2.1: do not repeat a command after 5yz. */
function translate(error: unknown): Error {
  const { code, command, responseCode, response } = (error ?? {}) as ReportedSmtpError;
  // Without a reply the error of the connection or of TLS says why.
  const reply = `: ${redactText(response ?? errorText(error)).slice(0, REPLY_MAX_LENGTH)}`;
  const message = `the mail server did not accept the mail (${code ?? 'unknown'}${command === undefined ? '' : ` at ${command}`})${reply}`;
  const isPermanent = responseCode !== undefined && responseCode >= 500 && responseCode <= 599;
  if (isPermanent && MAIL_COMMANDS.has(command ?? '')) return new MailRefused(message);
  return new Error(message);
}
