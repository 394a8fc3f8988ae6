import type { HealthReport } from '../application/check-health.ts';
import type { DatabaseClock } from '../application/database-clock.ts';
import type { IdempotencyTotals } from '../application/idempotency/answer-once.ts';
import type { EventNumbering } from '../domain/outbox/event-feed.ts';
import type { OutboxAdministration } from '../domain/outbox/outbox-queue.ts';
import type { RegistrationRequestStore } from '../domain/user/registration-request.ts';
import type { ChallengeStore } from '../domain/verification/challenge-repository.ts';
import type { Database } from '../infrastructure/database/sql.ts';
import type { LogOutput } from '../infrastructure/logging/log-output.ts';
import type { MetricSources } from '../infrastructure/metrics/metric-sources.ts';
import type { Argon2Hasher } from '../infrastructure/security/argon2-hasher.ts';
import type { PwnedPasswords } from '../infrastructure/security/pwned-passwords.ts';
import type { Broker } from './broker.ts';
import type { OpenedLimits } from './limits.ts';
import type { MailDelivery } from './mail-delivery.ts';
import type { UserCache } from './user-cache.ts';
import type { WebhookDelivery } from './webhook-delivery.ts';

interface Deps {
  readonly database: Database;
  readonly databaseClock: DatabaseClock;
  readonly eventNumbering: EventNumbering;
  readonly outboxAdministration: OutboxAdministration;
  readonly challengeStore: Pick<ChallengeStore, 'readRequestBacklog'>;
  readonly registrationRequestStore: Pick<RegistrationRequestStore, 'readBacklog'>;
  readonly hasher: Argon2Hasher;
  readonly userCache: UserCache;
  readonly broker: Broker | null;
  readonly mail: MailDelivery;
  readonly webhooks: WebhookDelivery;
  readonly limitStats: OpenedLimits['stats'];
  /** Attempts that had to wait after failures. */
  readonly refusedAttempts: () => number;
  readonly idempotencyTotals: () => IdempotencyTotals;
  /** Null when it is not configured. */
  readonly breached: PwnedPasswords | null;
  readonly checkHealth: () => Promise<HealthReport>;
  /** Undefined where the log is not a stream of the process. */
  readonly logOutput: Pick<LogOutput, 'stats'> | undefined;
}

/** Names the metric sources of this process. An adapter that is not configured has none. */
export function metricSources(deps: Deps): MetricSources {
  const { database, hasher, broker, mail, webhooks, breached, checkHealth, logOutput } = deps;
  const { redis } = deps.userCache;
  return {
    databasePool: () => database.stats(),
    ...(database.driver === 'postgres'
      ? { databaseClock: () => ({ offsetMs: deps.databaseClock.offsetMs() }) }
      : {}),
    passwordHashing: () => hasher.stats(),
    limits: () => {
      const { refused, fallbacks } = deps.limitStats();
      return { refused: { ...refused, lockout: deps.refusedAttempts() }, fallbacks };
    },
    idempotency: () => ({ outcomes: { ...deps.idempotencyTotals() } }),
    health: checkHealth,
    eventNumbering: () => deps.eventNumbering.findBacklog(),
    mail: async () => ({ ...(await mail.backlog()), ...mail.totals() }),
    backgroundRequests: async () => ({
      challenge: await deps.challengeStore.readRequestBacklog(),
      registration: await deps.registrationRequestStore.readBacklog(),
    }),
    webhooks: async () => ({ ...(await webhooks.backlog()), ...webhooks.totals() }),
    ...(logOutput === undefined ? {} : { log: () => logOutput.stats() }),
    ...(redis === null ? {} : { cache: () => redis.stats() }),
    ...(breached === null ? {} : { breachLookUps: () => breached.lookUps() }),
    ...(redis === null && breached === null
      ? {}
      : {
          breakers: () => ({
            ...(redis === null ? {} : { redis: redis.stats().breakerOpen }),
            ...(breached === null ? {} : { pwned_passwords: breached.breaker() === 'open' }),
          }),
        }),
    ...(broker === null ? {} : brokerSources(deps.outboxAdministration, broker)),
  };
}

function brokerSources(
  outbox: OutboxAdministration,
  { relay, revocations }: Broker,
): MetricSources {
  return {
    revocations: () => revocations.stats(),
    outbox: () => outbox.findBacklog(),
    relay: () => {
      const stats = relay.stats();
      return { ...stats, leader: stats.state === 'publishing' };
    },
  };
}
