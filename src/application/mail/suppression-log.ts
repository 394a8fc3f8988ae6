import type { ClaimedMail } from '../../domain/mail.ts';
import type { Logger } from '../../domain/ports.ts';
import type { MailLimitName } from './mail-limits.ts';

interface Deps {
  readonly logger: Logger;
  /** A monotonic clock. */
  readonly nowMs: () => number;
}

const PAUSE_MS = 3_600_000;
/** Beyond this number of users in an hour, the oldest is forgotten, and may be logged a second time. */
const MAX_KNOWN = 1_000;

/** Logs mails that were over a limit: once an hour for each user, and once for the limit of the service. */
export function createSuppressionLog({ logger, nowMs }: Deps) {
  const loggedAtMs = new Map<string, number>();
  return {
    add(limit: MailLimitName, { id, kind, userId }: ClaimedMail): void {
      const key = limit === 'service' ? limit : `user ${userId}`;
      const now = nowMs();
      if (now - (loggedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < PAUSE_MS) return;
      loggedAtMs.delete(key);
      loggedAtMs.set(key, now);
      const [oldest] = loggedAtMs.keys();
      if (loggedAtMs.size > MAX_KNOWN && oldest !== undefined) loggedAtMs.delete(oldest);
      logger.warn('did not send a mail that is over a limit', {
        ...{ mail_id: id, kind, user_id: userId, limit },
      });
    },
  };
}
