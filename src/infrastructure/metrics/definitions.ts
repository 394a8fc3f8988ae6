import type { SourceMetric } from './source-metrics.ts';
import type { HealthNumbers, MetricSources } from './sources.ts';

/** What a source tells. */
type NumbersOf<N extends keyof MetricSources> = Awaited<ReturnType<NonNullable<MetricSources[N]>>>;

/** The metrics of each source. */
export const SOURCE_METRICS: {
  readonly [N in keyof Required<MetricSources>]: readonly SourceMetric<NumbersOf<N>>[];
} = {
  databasePool: [
    {
      kind: 'gauge',
      name: 'database_pool_connections',
      help: 'Open database connections by state.',
      label: 'state',
      value: ({ total, idle }) => ({ busy: total - idle, idle }),
    },
    {
      kind: 'gauge',
      name: 'database_pool_waiting',
      help: 'Callers that wait for a database connection.',
      value: ({ waiting }) => waiting,
    },
  ],
  hashingGate: [
    {
      kind: 'gauge',
      name: 'password_hashing',
      help: 'Password hashes that are computed, and those that wait.',
      label: 'state',
      value: ({ active, waiting }) => ({ active, waiting }),
    },
    {
      kind: 'total',
      name: 'password_hashing_refused_total',
      help: 'Password hashes refused because no slot came free in time.',
      value: ({ refused }) => refused,
    },
  ],
  health: [
    {
      kind: 'gauge',
      name: 'ready',
      help: '1 while requests can be served, 0 without a required dependency.',
      value: ({ status }) => (status === 'down' ? 0 : 1),
    },
    {
      kind: 'gauge',
      name: 'dependency_up',
      help: '1 while the dependency answers, else 0.',
      label: 'dependency',
      value: ({ checks }) =>
        mapValues(withoutOff(checks), ({ status }) => (status === 'ok' ? 1 : 0)),
    },
  ],
  cache: [
    {
      kind: 'total',
      name: 'cache_lookups_total',
      help: 'Look-ups in the cache by result.',
      label: 'result',
      value: ({ hits, misses, bypasses }) => ({ hit: hits, miss: misses, bypass: bypasses }),
    },
    {
      kind: 'total',
      name: 'cache_refused_fills_total',
      help: 'Values not kept since their lease was gone: they may have been old.',
      value: ({ refusedFills }) => refusedFills,
    },
    {
      kind: 'total',
      name: 'cache_errors_total',
      help: 'Calls of the cache that failed or took too long.',
      value: ({ errors }) => errors,
    },
  ],
  outbox: [
    {
      kind: 'gauge',
      name: 'outbox_unpublished',
      help: 'Events that are not published yet, without the parked ones.',
      value: ({ unpublished }) => unpublished,
    },
    {
      kind: 'gauge',
      name: 'outbox_oldest_age_seconds',
      help: 'Age of the oldest event that is not published yet, without the parked ones.',
      value: ({ oldestAgeSeconds }) => oldestAgeSeconds,
    },
    {
      kind: 'gauge',
      name: 'outbox_parked',
      help: 'Events that are not tried any more until somebody requeues or drops them.',
      value: ({ parked }) => parked,
    },
  ],
  relay: [
    {
      kind: 'gauge',
      name: 'relay_leader',
      help: '1 in the instance that publishes the outbox; one instance at a time does.',
      value: ({ leader }) => (leader ? 1 : 0),
    },
    {
      kind: 'total',
      name: 'relay_published_total',
      help: 'Events that the broker acknowledged.',
      value: ({ published }) => published,
    },
    {
      kind: 'total',
      name: 'relay_publish_errors_total',
      help: 'Attempts to publish an event that were not acknowledged.',
      value: ({ publishErrors }) => publishErrors,
    },
    {
      kind: 'gauge',
      name: 'relay_lag_seconds',
      help: 'From commit to acknowledgement, of the event published last.',
      value: ({ lagSeconds }) => lagSeconds ?? null,
    },
  ],
  mail: [
    {
      kind: 'gauge',
      name: 'mail_queued',
      help: 'Mails that wait to be sent.',
      value: ({ queued }) => queued,
    },
    {
      kind: 'gauge',
      name: 'mail_oldest_age_seconds',
      help: 'Age of the oldest mail that waits to be sent.',
      value: ({ oldestAgeSeconds }) => oldestAgeSeconds,
    },
    {
      kind: 'total',
      name: 'mail_attempts_total',
      help: 'Attempts to send a mail by result.',
      label: 'result',
      value: ({ sent, failed, givenUp }) => ({ sent, failed, given_up: givenUp }),
    },
  ],
  breakers: [
    {
      kind: 'gauge',
      name: 'breaker_open',
      help: '1 while the circuit breaker keeps calls away from what fails, else 0.',
      label: 'breaker',
      value: (states) => mapValues(states, (isOpen) => (isOpen ? 1 : 0)),
    },
  ],
  breachLookUps: [
    {
      kind: 'total',
      name: 'breached_password_lookups_total',
      help: 'New passwords looked up in the breached-password API by result; unchecked ones were accepted.',
      label: 'result',
      value: ({ known, unknown, unchecked }) => ({ known, unknown, unchecked }),
    },
  ],
};

/** A dependency that is not configured is neither up nor down. */
function withoutOff(checks: HealthNumbers['checks']): HealthNumbers['checks'] {
  return Object.fromEntries(Object.entries(checks).filter(([, { status }]) => status !== 'off'));
}

function mapValues<V>(
  record: Readonly<Record<string, V>>,
  map: (value: V) => number,
): Record<string, number> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
