import type { HealthReport } from '../application/check-health.ts';
import type { OutboxAdministration } from '../domain/outbox/outbox-queue.ts';
import type { Database } from '../infrastructure/database/sql.ts';
import type { MetricSources } from '../infrastructure/metrics/sources.ts';
import type { Argon2Hasher } from '../infrastructure/security/argon2-hasher.ts';
import type { PwnedPasswords } from '../infrastructure/security/pwned-passwords.ts';
import type { Broker } from './broker.ts';
import type { MailDelivery } from './mail-delivery.ts';
import type { UserCache } from './user-cache.ts';

/** What the metrics are read from. */
interface Measured {
  readonly database: Database;
  readonly outboxAdministration: OutboxAdministration;
  readonly hasher: Argon2Hasher;
  readonly userCache: UserCache;
  readonly broker: Broker | null;
  readonly mail: MailDelivery;
  /** Null where it is not configured. */
  readonly breached: PwnedPasswords | null;
  readonly checkHealth: () => Promise<HealthReport>;
}

/** Names the sources of this process's metrics; an adapter that is not configured has none. */
export function metricSources(measured: Measured): MetricSources {
  const { database, outboxAdministration, hasher, broker, mail, breached, checkHealth } = measured;
  const { redis } = measured.userCache;
  return {
    databasePool: () => database.stats(),
    hashingGate: () => hasher.stats(),
    health: checkHealth,
    mail: async () => {
      const backlog = await mail.backlog();
      const { sent, retried, failed } = mail.totals();
      return {
        queued: backlog.waiting,
        oldestAgeSeconds: backlog.oldestMs / 1000,
        sent,
        failed: retried,
        givenUp: failed,
      };
    },
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
    ...(broker === null ? {} : brokerSources(outboxAdministration, broker)),
  };
}

function brokerSources(outbox: OutboxAdministration, { relay }: Broker): MetricSources {
  return {
    outbox: async () => {
      const { waiting, parked, oldestAgeMs } = await outbox.findBacklog();
      return { unpublished: waiting, parked, oldestAgeSeconds: oldestAgeMs / 1000 };
    },
    relay: () => {
      const { state, published, refused, unknown, lagMs } = relay.stats();
      return {
        leader: state === 'publishing',
        published,
        publishErrors: refused + unknown,
        ...(lagMs === null ? {} : { lagSeconds: lagMs / 1000 }),
      };
    },
  };
}
