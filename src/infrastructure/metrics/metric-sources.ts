import type { MailBacklog } from '../../domain/mail.ts';
import type { NumberingBacklog } from '../../domain/outbox/event-feed.ts';
import type { OutboxBacklog } from '../../domain/outbox/outbox-queue.ts';
import type { RequestBacklog } from '../../domain/verification/challenge-repository.ts';
import type { WebhookBacklog } from '../../domain/webhook/webhook-delivery.ts';
import type { FairSemaphoreStats } from '../../lib/fair-semaphore.ts';
import type { RedisCacheStats } from '../cache/redis-cache.ts';
import type { DatabaseStats } from '../database/sql.ts';
import type { LogOutputStats } from '../logging/log-output.ts';
import type { BreachLookUps } from '../security/pwned-passwords.ts';

/**
 * Where metrics are read from at each scrape. Leave out what is not configured: its metrics are absent then. Totals
 * count from the start of the process. Sources that return a promise may query the database.
 */
export interface MetricSources {
  readonly databasePool?: () => DatabaseStats;
  /** The database's clock minus this instance's; null while it is unknown. */
  readonly databaseClock?: () => { readonly offsetMs: number | null };
  readonly passwordHashing?: () => FairSemaphoreStats;
  readonly health?: () => Promise<{
    readonly status: 'ok' | 'degraded' | 'down';
    readonly checks: Readonly<
      Record<string, { readonly status: 'ok' | 'down' | 'off'; readonly reason?: string }>
    >;
  }>;
  readonly cache?: () => Pick<
    RedisCacheStats,
    'hits' | 'misses' | 'bypasses' | 'refusedFills' | 'errors'
  >;
  readonly eventNumbering?: () => Promise<NumberingBacklog>;
  readonly outbox?: () => Promise<OutboxBacklog>;
  readonly relay?: () => {
    readonly leader: boolean;
    readonly published: number;
    readonly refused: number;
    readonly unknown: number;
    readonly resent: number;
    readonly foreign: number;
    /** Null before the first event. */
    readonly lagMs: number | null;
  };
  readonly revocations?: () => {
    /** Acknowledged by the broker: right after the commit, or from the feed by the instance that publishes for all. */
    readonly published: Readonly<Record<'commit' | 'feed', number>>;
    readonly failed: Readonly<Record<'commit' | 'feed', number>>;
  };
  /** Attempts of this process, and the backlog of all. */
  readonly mail?: () => Promise<
    MailBacklog & {
      readonly sent: number;
      readonly retried: number;
      readonly dead: number;
      readonly suppressed: Readonly<Record<'mailbox' | 'service', number>>;
    }
  >;
  /** Requests of all instances that are accepted and not carried out yet. */
  readonly backgroundRequests?: () => Promise<
    Readonly<Record<'challenge' | 'registration', RequestBacklog>>
  >;
  /** Attempts of this process, and the state of all instances. */
  readonly webhooks?: () => Promise<
    WebhookBacklog & {
      readonly delivered: number;
      readonly retried: number;
      readonly dead: number;
      readonly disabled: number;
      readonly skipped: number;
    }
  >;
  /** Whether each circuit breaker is open, by a fixed name such as `redis`. */
  readonly breakers?: () => Readonly<Record<string, boolean>>;
  readonly breachLookUps?: () => BreachLookUps;
  readonly log?: () => LogOutputStats;
  readonly limits?: () => LimitCounts;
  /** Requests whose idempotency key was used before, by what they got. */
  readonly idempotency?: () => { readonly outcomes: Readonly<Record<string, number>> };
}

export interface LimitCounts {
  /** Refused requests by policy; `lockout` are attempts that had to wait. */
  readonly refused: Readonly<Record<string, number>>;
  /** Requests that were counted in this process because Redis did not answer. */
  readonly fallbacks: number;
}
