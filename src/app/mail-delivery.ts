import { resolve } from 'node:path';
import {
  createSendMail,
  type MailTotals,
  PARALLEL_ATTEMPTS,
} from '../application/mail/send-mail.ts';
import type { Config } from '../config/schema.ts';
import type { MailBacklog, MailRenderer } from '../domain/mail.ts';
import type { IdGenerator, Logger } from '../domain/ports.ts';
import { createPostgresMailStore } from '../infrastructure/database/postgres/mail-queue.ts';
import type { SqlConnection } from '../infrastructure/database/sql.ts';
import { createFileMailer } from '../infrastructure/mail/file-mailer.ts';
import { parseMailbox } from '../infrastructure/mail/mail-message.ts';
import { createSmtpMailer } from '../infrastructure/mail/smtp-mailer.ts';
import type { MailSeal } from '../infrastructure/security/mail-seal.ts';
import { createSystemClock } from '../infrastructure/system/clock.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';
import { startLoop } from '../interfaces/worker/loop.ts';
import { readKeyFile } from './read-key-file.ts';
import { StartError } from './start-error.ts';

/** Delivers queued mail in this process. */
export interface MailDelivery {
  readonly driver: 'file' | 'smtp';
  start(): void;
  /** Attempts in progress get three seconds. Close the database after it. */
  stop(): Promise<void>;
  totals(): MailTotals;
  /** Queries the database. */
  backlog(): Promise<MailBacklog>;
}

const SEND_INTERVAL_MS = 1_000;
const CLEANUP_INTERVAL_MS = 60_000;
/** How long the rows of sent mails and dead letters stay, so that operators can look them up. */
const ENDED_RETENTION_MS = 24 * 3_600_000;
const MAX_DELETED_PER_CLEANUP = 5_000;
/** Steps of one SMTP session; each may take `mail.smtp.timeout`. */
const STEPS_PER_SESSION = 6;

/** @throws StartError when the sender is not an address, or the certificates cannot be read. */
export function createMailDelivery(
  config: Config['mail'],
  deps: {
    readonly database: SqlConnection;
    readonly ids: IdGenerator;
    readonly mailSeal: MailSeal;
    readonly renderer: MailRenderer;
    readonly logger: Logger;
  },
): MailDelivery {
  const { logger } = deps;
  const from = readSender(config.from);
  const store = createPostgresMailStore(deps.database, deps.mailSeal);
  const smtp = config.driver === 'smtp' ? createSmtpMailer(smtpSettings(config.smtp), from) : null;
  const mailer = smtp ?? createFileMailer({ path: resolve(config.path), from, ids: deps.ids });
  const sender = createSendMail({
    store,
    mailer,
    renderer: deps.renderer,
    logger,
    host: from.address.slice(from.address.lastIndexOf('@') + 1),
    attemptTimeoutMs: STEPS_PER_SESSION * config.smtp.timeoutMs,
    maxPerHour: config.maxPerHour,
    clock: createSystemClock(),
    nowMs: monotonicMs,
    random: Math.random,
  });
  const loops: { stop(): Promise<void> }[] = [];
  return {
    driver: config.driver,
    start() {
      const runEvery = (name: string, intervalMs: number, run: () => Promise<unknown>) =>
        loops.push(startLoop({ name, intervalMs, run }, { logger }));
      runEvery('mail', SEND_INTERVAL_MS, () => sender.run());
      runEvery('mail cleanup', CLEANUP_INTERVAL_MS, () =>
        store.deleteEnded(ENDED_RETENTION_MS, MAX_DELETED_PER_CLEANUP),
      );
    },
    async stop() {
      await sender.stop();
      await Promise.all(loops.map((loop) => loop.stop()));
      smtp?.close();
    },
    totals: () => sender.totals(),
    backlog: () => store.backlog(),
  };
}

/** @throws StartError when the certificates cannot be read */
export function smtpSettings({ host = '', tlsCa, password, ...rest }: Config['mail']['smtp']) {
  return {
    ...rest,
    host,
    password: password?.reveal(),
    ca: readKeyFile('mail.smtp.tls_ca', tlsCa),
    maxConnections: PARALLEL_ATTEMPTS,
  };
}

function readSender(text: string) {
  try {
    return parseMailbox(text);
  } catch {
    throw new StartError(
      'mail.from is not `address` or `name <address>` with a plain ASCII address.',
    );
  }
}
