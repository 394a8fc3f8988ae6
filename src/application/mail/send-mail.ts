import {
  type ClaimedMail,
  type MailAdmission,
  type Mailer,
  MailRefused,
  type MailRenderer,
  type MailStore,
  withTimeLeft,
} from '../../domain/mail.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import { type Backoff, backoffDelayMs } from '../../lib/backoff.ts';
import { withFallback } from '../../lib/deadline.ts';
import { type MailLimitName, mailLimits } from './mail-limits.ts';
import { createSuppressionLog } from './suppression-log.ts';

interface Deps {
  readonly store: MailStore;
  readonly mailer: Mailer;
  readonly renderer: MailRenderer;
  readonly logger: Logger;
  /** The part after the @ in new Message-IDs. */
  readonly host: string;
  readonly attemptTimeoutMs: number;
  /** Mails of the whole service, at least 1. */
  readonly maxPerHour: number;
  readonly clock: Clock;
  /** A monotonic clock. */
  readonly nowMs: () => number;
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: () => number;
}

/** What this process has done since it started. */
export interface MailTotals {
  readonly sent: number;
  /** Failed attempts that another attempt follows. */
  readonly retried: number;
  /** Mails that became dead letters because sending failed, or because they expired. */
  readonly dead: number;
  /** Mails that were over a limit, and were not sent. */
  readonly suppressed: Readonly<Record<MailLimitName, number>>;
}

export interface MailSender {
  /** Sends the mails that are due, at most 200. Do not call it again before it has ended. */
  run(): Promise<void>;
  /** Ends the current run: attempts in progress get three more seconds. Later runs do nothing. */
  stop(): Promise<void>;
  totals(): MailTotals;
}

export const PARALLEL_ATTEMPTS = 4;
/** With the pauses below, about three days: an outage over a weekend loses no mail. */
const MAX_ATTEMPTS = 100;
/** The part of a claim's lease after the attempt's deadline: the time to record the outcome. */
const LEASE_SLACK_MS = 30_000;
/** Half of each pause is random, so that mails that failed together do not retry together. */
const RETRY_PAUSES: Backoff = { firstMs: 10_000, maxMs: 3_600_000, jitter: 0.5 };
const MAX_BATCHES_PER_RUN = 50;
const STOP_GRACE_MS = 3_000;
/** Sent mails whose outcome could not be recorded; remembered so that this process does not send them twice. */
const MAX_UNRECORDED = 1_000;

type Outcome = 'sent' | 'rescheduled' | 'dead';

/** Why a mail is not sent that was not admitted. */
const OVER_LIMIT: Readonly<
  Record<Exclude<MailAdmission, 'admitted'>, { readonly limit: MailLimitName; reason: string }>
> = {
  mailbox_full: { limit: 'mailbox', reason: 'over the limit of mails to one address' },
  service_full: { limit: 'service', reason: 'over the limit mail.max_per_hour' },
};

/**
 * Creates the sender. It claims a mail, sends it, then records the outcome. If the process dies in between, the outcome
 * is unknown: after the lease ends, the mail is sent again with the same Message-ID.
 */
export function createSendMail(deps: Deps): MailSender {
  const { store, mailer, logger } = deps;
  const totals = { sent: 0, retried: 0, dead: 0, suppressed: { mailbox: 0, service: 0 } };
  const suppressions = createSuppressionLog(deps);
  const unrecorded = new Set<string>();
  const abort = new AbortController();
  let stopping = false;
  let current: Promise<void> = Promise.resolve();

  return {
    run() {
      current = runOnce();
      return current;
    },
    async stop() {
      stopping = true;
      // The caller of `run` handles a failure of the run.
      const ended = current.catch(() => {});
      await withFallback(
        STOP_GRACE_MS,
        () => ended,
        () => abort.abort(),
      );
      await ended;
    },
    totals: () => ({ ...totals, suppressed: { ...totals.suppressed } }),
  };

  async function runOnce(): Promise<void> {
    const claim = {
      limit: PARALLEL_ATTEMPTS,
      leaseMs: deps.attemptTimeoutMs + LEASE_SLACK_MS,
      host: deps.host,
    };
    for (let batch = 0; batch < MAX_BATCHES_PER_RUN && !stopping; batch += 1) {
      const mails = await store.claim(claim);
      const results = await Promise.allSettled(mails.map(attempt));
      const fault = results.find((result) => result.status === 'rejected');
      if (fault !== undefined) throw fault.reason;
      const serverAnswers = results.some(
        (result) => result.status === 'fulfilled' && result.value !== 'rescheduled',
      );
      // When the whole batch is rescheduled, the server is probably down: the rest of the queue waits, too.
      if (mails.length < PARALLEL_ATTEMPTS || !serverAnswers) return;
    }
  }

  async function attempt(mail: ClaimedMail): Promise<Outcome> {
    if (!unrecorded.has(mail.id)) {
      const refusal = await refuse(mail);
      if (refusal !== undefined) return refusal;
      try {
        await send(mail);
      } catch (error) {
        return await handleFailure(mail, error);
      }
      totals.sent += 1;
      if (unrecorded.size < MAX_UNRECORDED) unrecorded.add(mail.id);
    }
    await store.markSent(mail);
    unrecorded.delete(mail.id);
    return 'sent';
  }

  /** @returns undefined for a mail that may be sent */
  async function refuse(mail: ClaimedMail): Promise<Outcome | undefined> {
    // Only a mail whose senders died again and again gets here.
    if (mail.attempt > MAX_ATTEMPTS)
      return markDead(mail, 'too many attempts; the outcome of the last one is unknown');
    if (mail.expired) return markDead(mail, 'its code or link expired before it could be sent');
    if (mail.content === null)
      return markDead(mail, 'its content was deleted, or sealed with another master key');
    if (mail.admitted) return undefined;
    const admission = await store.admit(mail, mailLimits(mail.kind, deps.maxPerHour));
    if (admission === 'admitted') return undefined;
    const { limit, reason } = OVER_LIMIT[admission];
    totals.suppressed[limit] += 1;
    suppressions.add(limit, mail);
    await store.markDead(mail, reason, true);
    return 'dead';
  }

  async function send({ to, messageId, content }: ClaimedMail): Promise<void> {
    if (content === null) throw new Error('a mail without content');
    const text =
      'text' in content
        ? content
        : await deps.renderer.render(withTimeLeft(content, deps.clock.now()));
    const timeout = AbortSignal.timeout(deps.attemptTimeoutMs);
    await mailer.send({ to, messageId, ...text }, AbortSignal.any([abort.signal, timeout]));
  }

  async function handleFailure(mail: ClaimedMail, error: unknown): Promise<Outcome> {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof MailRefused || mail.attempt >= MAX_ATTEMPTS) return markDead(mail, reason);
    const delayMs = Math.round(backoffDelayMs(mail.attempt, RETRY_PAUSES, deps.random));
    totals.retried += 1;
    const fields = { mail_id: mail.id, kind: mail.kind, attempt: mail.attempt };
    logger.warn('could not send a mail; will retry', { ...fields, retry_in_ms: delayMs, reason });
    await store.reschedule(mail, delayMs, reason);
    return 'rescheduled';
  }

  async function markDead(mail: ClaimedMail, reason: string): Promise<Outcome> {
    totals.dead += 1;
    const fields = { mail_id: mail.id, kind: mail.kind, user_id: mail.userId };
    logger.error('could not send a mail; it is a dead letter now', {
      ...fields,
      attempt: mail.attempt,
      reason,
    });
    await store.markDead(mail, reason);
    return 'dead';
  }
}
