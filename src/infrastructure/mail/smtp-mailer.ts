import { isIP } from 'node:net';
import type { SMTPPoolOptions } from 'nodemailer/lib/smtp-pool';
import { type Mailer, MailRefused } from '../../domain/mail.ts';
import { redactText } from '../logging/redact-text.ts';
import { type Mailbox, messageOptions } from './mail-message.ts';

/** How to reach the mail server. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** TLS after a STARTTLS that is required, from the first byte, or none. */
  readonly tls: 'starttls' | 'implicit' | 'none';
  /** PEM; the certificates of Node.js by default. */
  readonly ca?: string | undefined;
  /** Deadline of connecting and of each answer, in milliseconds. */
  readonly timeoutMs: number;
  /** Connections open at once. */
  readonly maxConnections: number;
}

/** A mailer with connections to give back. */
export interface SmtpMailer extends Mailer {
  /** Closes all connections; a mail that is being sent fails. */
  close(): void;
}

/** An idle connection is closed before most servers would do it, and before a firewall forgets it. */
const IDLE_TIMEOUT_MS = 30_000;
const MAILS_A_CONNECTION = 100;
const CLOSE_TIMEOUT_MS = 1_000;

/** Hands mail to an SMTP server. The library is loaded with the first mail. */
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
    maxMessages: MAILS_A_CONNECTION,
    idleTimeout: IDLE_TIMEOUT_MS,
    // A connection lost after the data may have delivered them: only the queue, with its Message-ID, sends again.
    maxRequeues: 0,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return createTransport(options);
}

/** What nodemailer reports of a failed attempt. */
interface SmtpFault {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

/** Where a reply of 5xx is about this mail. At other commands it is about us, and somebody may put that right. */
const ABOUT_THE_MAIL: ReadonlySet<string> = new Set(['RCPT TO', 'DATA']);
const ANSWER_MAX_LENGTH = 200;

/** An error with the step, the reply and no address. RFC 5321 §4.2.1: 5yz must not be repeated. */
function translate(error: unknown): Error {
  const { code, command, responseCode, response } = (error ?? {}) as SmtpFault;
  const answer =
    response === undefined ? '' : `: ${redactText(response).slice(0, ANSWER_MAX_LENGTH)}`;
  const message = `the mail server did not take the mail (${code ?? 'unknown'}${command === undefined ? '' : ` at ${command}`})${answer}`;
  const isFinal = responseCode !== undefined && responseCode >= 500 && responseCode <= 599;
  if (isFinal && ABOUT_THE_MAIL.has(command ?? '')) return new MailRefused(message);
  return new Error(message);
}
