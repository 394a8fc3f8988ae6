import type { MetricSources } from './metric-sources.ts';
import type { SourceMetric } from './source-metrics.ts';

/** What one source returns. */
export type ReadingOf<N extends keyof MetricSources> = Awaited<
  ReturnType<NonNullable<MetricSources[N]>>
>;

export const SOURCE_METRICS: {
  readonly [N in keyof Required<MetricSources>]: readonly SourceMetric<ReadingOf<N>>[];
} = {
  databasePool: [
    {
      kind: 'gauge',
      name: 'database_pool_connections',
      help: 'Open database connections by state; for an abandoned one the server may still work while no caller waits.',
      label: 'state',
      value: ({ total, idle, abandoned }) => ({ busy: total - idle - abandoned, idle, abandoned }),
    },
    {
      kind: 'gauge',
      name: 'database_commits_unconfirmed',
      help: '1 while PostgreSQL does not confirm commits and changes are rejected, else 0.',
      value: ({ commitsUnconfirmed }) => (commitsUnconfirmed ? 1 : 0),
    },
    {
      kind: 'gauge',
      name: 'database_pool_waiting',
      help: 'Callers that wait for a database connection.',
      value: ({ waiting }) => waiting,
    },
  ],
  databaseClock: [
    {
      kind: 'gauge',
      name: 'database_clock_offset_seconds',
      help: "The database's clock minus the instance's, as of the last poll of the revocations.",
      value: ({ offsetMs }) => (offsetMs === null ? null : offsetMs / 1000),
    },
  ],
  passwordHashing: [
    {
      kind: 'gauge',
      name: 'password_hashing',
      help: 'Password hashes by state: being computed, or waiting for a slot.',
      label: 'state',
      value: ({ active, waiting }) => ({ active, waiting }),
    },
    {
      kind: 'total',
      name: 'password_hashing_refused_total',
      help: 'Password hashes refused by reason: queue_full (at once), displaced (by a client with fewer requests waiting) or timeout.',
      label: 'reason',
      value: ({ refused }) => refused,
    },
  ],
  health: [
    {
      kind: 'gauge',
      name: 'ready',
      help: '1 while the instance can serve requests, 0 while a required dependency is down.',
      value: ({ status }) => (status === 'down' ? 0 : 1),
    },
    {
      kind: 'gauge',
      name: 'dependency_up',
      help: '1 while the dependency answers, else 0. Absent for a dependency that is off.',
      label: 'dependency',
      value: ({ checks }) =>
        Object.fromEntries(
          Object.entries(checks)
            .filter(([, { status }]) => status !== 'off')
            .map(([name, { status }]) => [name, status === 'ok' ? 1 : 0]),
        ),
    },
    failing('database'),
    failing('cache'),
    failing('messaging'),
    {
      kind: 'gauge',
      name: 'database_read_only',
      help: '1 while the database rejects changes because it is a standby or read-only, else 0.',
      value: ({ checks }) => (checks.database?.reason === 'read_only' ? 1 : 0),
    },
  ],
  cache: [
    {
      kind: 'total',
      name: 'cache_lookups_total',
      help: 'Cache look-ups by result.',
      label: 'result',
      value: ({ hits, misses, bypasses }) => ({ hit: hits, miss: misses, bypass: bypasses }),
    },
    {
      kind: 'total',
      name: 'cache_refused_fills_total',
      help: 'Values not stored because their lease had ended: they may have been stale.',
      value: ({ refusedFills }) => refusedFills,
    },
    {
      kind: 'total',
      name: 'cache_errors_total',
      help: 'Cache calls that failed or timed out.',
      value: ({ errors }) => errors,
    },
  ],
  eventNumbering: [
    {
      kind: 'gauge',
      name: 'events_unnumbered',
      help: 'Committed events that have no number yet, so that no reader of the feed sees them; counted up to 100,000.',
      value: ({ waiting }) => waiting,
    },
    {
      kind: 'gauge',
      name: 'events_unnumbered_oldest_age_seconds',
      help: 'Age of the oldest committed event that has no number yet.',
      value: ({ oldestAgeMs }) => oldestAgeMs / 1000,
    },
  ],
  outbox: [
    {
      kind: 'gauge',
      name: 'outbox_unpublished',
      help: 'Events that are not published yet, dead letters included; counted up to 100,000.',
      value: ({ waiting }) => waiting,
    },
    {
      kind: 'gauge',
      name: 'outbox_oldest_age_seconds',
      help: 'Age of the oldest event that is not published yet, without dead letters.',
      value: ({ oldestAgeMs }) => oldestAgeMs / 1000,
    },
    {
      kind: 'gauge',
      name: 'outbox_dead_letters',
      help: 'Events that are not tried any more until an operator requeues or drops them.',
      value: ({ deadLetters }) => deadLetters,
    },
  ],
  relay: [
    {
      kind: 'gauge',
      name: 'relay_leader',
      help: '1 in the instance that publishes the outbox, 0 in the others.',
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
      value: ({ refused, unknown }) => refused + unknown,
    },
    {
      kind: 'gauge',
      name: 'relay_lag_seconds',
      help: 'Time from commit to acknowledgement of the event published last.',
      value: ({ lagMs }) => (lagMs === null ? null : lagMs / 1000),
    },
    {
      kind: 'total',
      name: 'relay_resent_total',
      help: 'Published events that wait again because the stream had lost them.',
      value: ({ resent }) => resent,
    },
    {
      kind: 'total',
      name: 'relay_foreign_messages_total',
      help: 'Messages found in the stream that the database does not know.',
      value: ({ foreign }) => foreign,
    },
  ],
  revocations: [
    {
      kind: 'total',
      name: 'revocations_published_total',
      help: 'Revocations that the broker acknowledged, by path: commit (at once) or feed (by the instance that publishes for all).',
      label: 'path',
      value: ({ published }) => published,
    },
    {
      kind: 'total',
      name: 'revocations_publish_errors_total',
      help: 'Attempts to publish a revocation that were not acknowledged, by path; those of feed are repeated.',
      label: 'path',
      value: ({ failed }) => failed,
    },
  ],
  mail: [
    {
      kind: 'gauge',
      name: 'mail_queued',
      help: 'Mails that wait to be sent; counted up to 10,000.',
      value: ({ waiting }) => waiting,
    },
    {
      kind: 'gauge',
      name: 'mail_oldest_age_seconds',
      help: 'Age of the oldest mail that waits to be sent.',
      value: ({ oldestAgeMs }) => oldestAgeMs / 1000,
    },
    {
      kind: 'total',
      name: 'mail_attempts_total',
      help: 'Attempts to send a mail by result: sent, retried (another attempt follows) or dead_letter.',
      label: 'result',
      value: ({ sent, retried, dead }) => ({ sent, retried, dead_letter: dead }),
    },
    {
      kind: 'total',
      name: 'mail_suppressed_total',
      help: 'Mails that were not sent because they were over a limit: of one mailbox, or of the service.',
      label: 'limit',
      value: ({ suppressed }) => ({ ...suppressed }),
    },
  ],
  backgroundRequests: [
    {
      kind: 'gauge',
      name: 'background_requests_waiting',
      help: 'Accepted requests that wait for the background task by kind: challenge (a mail with a code) or registration; counted up to 10,000.',
      label: 'kind',
      value: ({ challenge, registration }) => ({
        challenge: challenge.waiting,
        registration: registration.waiting,
      }),
    },
    {
      kind: 'gauge',
      name: 'background_requests_oldest_age_seconds',
      help: 'Age of the oldest accepted request that waits for the background task, by kind.',
      label: 'kind',
      value: ({ challenge, registration }) => ({
        challenge: challenge.oldestAgeMs / 1000,
        registration: registration.oldestAgeMs / 1000,
      }),
    },
  ],
  webhooks: [
    {
      kind: 'gauge',
      name: 'webhook_pending',
      help: 'Deliveries that wait for enabled webhook endpoints; counted up to 10,000.',
      value: ({ pending }) => pending,
    },
    {
      kind: 'gauge',
      name: 'webhook_oldest_age_seconds',
      help: 'Age of the oldest event that waits for an enabled webhook endpoint.',
      value: ({ oldestAgeMs }) => oldestAgeMs / 1000,
    },
    {
      kind: 'gauge',
      name: 'webhook_dead_letters',
      help: 'Deliveries that are not tried any more until they are redelivered; counted up to 10,000.',
      value: ({ deadLetters }) => deadLetters,
    },
    {
      kind: 'gauge',
      name: 'webhook_endpoints',
      help: 'Webhook endpoints by state: working, failing (the last attempt failed) or disabled.',
      label: 'state',
      value: ({ endpoints }) => ({ ...endpoints }),
    },
    {
      kind: 'total',
      name: 'webhook_attempts_total',
      help: 'Attempts to deliver a webhook by result: delivered, retried (another attempt follows) or dead_letter.',
      label: 'result',
      value: ({ delivered, retried, dead }) => ({ delivered, retried, dead_letter: dead }),
    },
    {
      kind: 'total',
      name: 'webhook_disabled_total',
      help: 'Webhook endpoints that were disabled because of their responses.',
      value: ({ disabled }) => disabled,
    },
    {
      kind: 'total',
      name: 'webhook_skipped_events_total',
      help: 'Events that outbox.retention deleted before webhook endpoints had got them.',
      value: ({ skipped }) => skipped,
    },
  ],
  breakers: [
    {
      kind: 'gauge',
      name: 'breaker_open',
      help: '1 while the circuit breaker is open and calls are skipped, else 0.',
      label: 'breaker',
      value: (states) =>
        Object.fromEntries(Object.entries(states).map(([name, isOpen]) => [name, isOpen ? 1 : 0])),
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
  limits: [
    {
      kind: 'total',
      name: 'rate_limited_total',
      help: 'Requests refused with 429 by policy; lockout are attempts that had to wait after failures.',
      label: 'policy',
      value: ({ refused }) => refused,
    },
    {
      kind: 'total',
      name: 'limits_fallback_total',
      help: 'Requests counted in this process, at stricter limits, because Redis did not answer.',
      value: ({ fallbacks }) => fallbacks,
    },
  ],
  idempotency: [
    {
      kind: 'total',
      name: 'idempotency_total',
      help: 'Requests with an Idempotency-Key that was used before: replayed, or refused as in_progress, reused or not_kept.',
      label: 'outcome',
      value: ({ outcomes }) => outcomes,
    },
  ],
  log: [
    {
      kind: 'gauge',
      name: 'log_unread_characters',
      help: 'Characters of log lines that wait for the reader of the log.',
      value: ({ unread }) => unread,
    },
    {
      kind: 'total',
      name: 'log_lines_dropped_total',
      help: 'Log lines dropped because the reader did not keep up or they could not be written.',
      value: ({ droppedLines }) => droppedLines,
    },
  ],
};

/** The reason as the only label: the words are a closed list. */
function failing(
  dependency: 'database' | 'cache' | 'messaging',
): SourceMetric<ReadingOf<'health'>> {
  return {
    kind: 'gauge',
    name: `${dependency}_failing`,
    help: `1 with the reason while the dependency "${dependency}" is down or does not work in full; absent otherwise.`,
    label: 'reason',
    value({ checks }) {
      const reason = checks[dependency]?.reason;
      return reason === undefined ? null : { [reason]: 1 };
    },
  };
}
