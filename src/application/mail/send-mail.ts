import { type ClaimedMail, type Mailer, MailRefused, type MailStore } from '../../domain/mail.ts';
import type { Logger } from '../../domain/ports.ts';

interface Deps {
  readonly store: MailStore;
  readonly mailer: Mailer;
  readonly logger: Logger;
  /** The part after the @ of new Message-IDs. */
  readonly host: string;
  /** Longest time of one attempt, in milliseconds. */
  readonly attemptTimeoutMs: number;
  /** At least 0 and below 1. */
  readonly random: () => number;
}

/** What this process has done with mail since it began. */
export interface MailTotals {
  readonly sent: number;
  /** Attempts that failed and are followed by another one. */
  readonly retried: number;
  /** Mails that were given up. */
  readonly failed: number;
}

/** Sends what is queued. */
export interface MailSender {
  /** Sends what is due now, a bounded number of mails. One run at a time. */
  run(): Promise<void>;
  /** Ends the current run: attempts under way get three more seconds. Runs that come later do nothing. */
  stop(): Promise<void>;
  totals(): MailTotals;
}

/** Mails attempted at once. */
export const PARALLEL_ATTEMPTS = 4;
/** Attempts at one mail: with the pauses below some three days, so that a weekend's outage loses nothing. */
const MAX_ATTEMPTS = 100;
/** How much longer a claim lasts than an attempt: the time to write down how it ended. */
const LEASE_SLACK_MS = 30_000;
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** Doublings after which every pause is the longest one. */
const MAX_DOUBLINGS = 12;
/** Together with `PARALLEL_ATTEMPTS`, the mails of one run. */
const MAX_BATCHES_PER_RUN = 50;
const STOP_GRACE_MS = 3_000;
/** Sent mails whose record failed, remembered so that this process does not send them twice. */
const MAX_UNRECORDED = 1_000;

type Outcome = 'sent' | 'put off' | 'given up';

/**
 * Makes the sender. A mail is claimed before it is sent and marked afterwards. Whoever is killed between the two leaves
 * it unknown whether the mail went out, and it is sent again, with the same Message-ID, once the claim has run out.
 */
export function createSendMail(deps: Deps): MailSender {
  const { store, mailer, logger } = deps;
  const totals = { sent: 0, retried: 0, failed: 0 };
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
      const timer = setTimeout(() => abort.abort(), STOP_GRACE_MS);
      // Its failure is the caller's of `run`.
      await current.catch(() => {});
      clearTimeout(timer);
    },
    totals: () => ({ ...totals }),
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
      const someSent = results.some((one) => one.status === 'fulfilled' && one.value !== 'put off');
      // When none was taken, the server is probably away, and the rest would wait for it just as long.
      if (mails.length < PARALLEL_ATTEMPTS || !someSent) return;
    }
  }

  async function attempt(mail: ClaimedMail): Promise<Outcome> {
    if (!unrecorded.has(mail.id)) {
      // Only reached by a mail on which processes died again and again.
      if (mail.attempt > MAX_ATTEMPTS)
        return giveUp(mail, 'too many attempts, the last without a known end');
      try {
        const timeout = AbortSignal.timeout(deps.attemptTimeoutMs);
        await mailer.send(mail, AbortSignal.any([abort.signal, timeout]));
      } catch (error) {
        return await failed(mail, error);
      }
      totals.sent += 1;
      if (unrecorded.size < MAX_UNRECORDED) unrecorded.add(mail.id);
    }
    await store.markSent(mail);
    unrecorded.delete(mail.id);
    return 'sent';
  }

  async function failed(mail: ClaimedMail, error: unknown): Promise<Outcome> {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof MailRefused || mail.attempt >= MAX_ATTEMPTS) return giveUp(mail, reason);
    const delayMs = pauseAfter(mail.attempt, deps.random());
    totals.retried += 1;
    const fields = { mail_id: mail.id, kind: mail.kind, attempt: mail.attempt };
    logger.warn('mail not sent, to be tried again', { ...fields, retry_in_ms: delayMs, reason });
    await store.putOff(mail, delayMs, reason);
    return 'put off';
  }

  async function giveUp(mail: ClaimedMail, reason: string): Promise<Outcome> {
    totals.failed += 1;
    const fields = { mail_id: mail.id, kind: mail.kind, user_id: mail.userId };
    logger.error('mail given up', { ...fields, attempt: mail.attempt, reason });
    await store.markFailed(mail, reason);
    return 'given up';
  }
}

/** Doubles from attempt to attempt; the half of it is left to chance, so that mails do not come back in step. */
function pauseAfter(attempt: number, random: number): number {
  const pause = FIRST_PAUSE_MS * 2 ** Math.min(attempt - 1, MAX_DOUBLINGS);
  return Math.round(Math.min(pause, LONGEST_PAUSE_MS) * (0.5 + random / 2));
}
