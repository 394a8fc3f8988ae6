import { describe, expect, test } from 'vitest';
import { createPrometheusMetrics } from './prometheus.ts';

const PREFIX = 'user_service_';

describe('Prometheus metrics', () => {
  test('read each source at each rendering', async () => {
    let hits = 3;
    const metrics = createPrometheusMetrics({
      cache: () => ({ hits, misses: 1, bypasses: 0, refusedFills: 0, errors: 2 }),
      eventNumbering: async () => ({ waiting: 7, oldestAgeMs: 250 }),
      outbox: async () => ({ waiting: 5, oldestAgeMs: 1_500, deadLetters: 2 }),
      breakers: () => ({ redis: true, smtp: false }),
    });
    await metrics.render();
    hits = 4;
    expect(await ownLines(metrics)).toEqual([
      'user_service_cache_lookups_total{result="hit"} 4',
      'user_service_cache_lookups_total{result="miss"} 1',
      'user_service_cache_lookups_total{result="bypass"} 0',
      'user_service_cache_refused_fills_total 0',
      'user_service_cache_errors_total 2',
      'user_service_events_unnumbered 7',
      'user_service_events_unnumbered_oldest_age_seconds 0.25',
      'user_service_outbox_unpublished 5',
      'user_service_outbox_oldest_age_seconds 1.5',
      'user_service_outbox_dead_letters 2',
      'user_service_breaker_open{breaker="redis"} 1',
      'user_service_breaker_open{breaker="smtp"} 0',
    ]);
  });

  test('exist for each source that has definitions', async () => {
    const metrics = createPrometheusMetrics({
      idempotency: () => ({ outcomes: { replayed: 2 } }),
      backgroundRequests: async () => ({
        challenge: { waiting: 3, oldestAgeMs: 1_500 },
        registration: { waiting: 0, oldestAgeMs: 0 },
      }),
    });
    expect(await ownLines(metrics)).toEqual([
      'user_service_background_requests_waiting{kind="challenge"} 3',
      'user_service_background_requests_waiting{kind="registration"} 0',
      'user_service_background_requests_oldest_age_seconds{kind="challenge"} 1.5',
      'user_service_background_requests_oldest_age_seconds{kind="registration"} 0',
      'user_service_idempotency_total{outcome="replayed"} 2',
    ]);
  });

  test('have no series of a source that is not configured', async () => {
    expect(await ownLines(createPrometheusMetrics({}))).toEqual([]);
  });

  test('of a failing source are absent until it works again; the others stay', async () => {
    let broken = false;
    const metrics = createPrometheusMetrics({
      databasePool: () => ({
        total: 3,
        idle: 1,
        waiting: 0,
        abandoned: 0,
        commitsUnconfirmed: false,
      }),
      outbox: async () => {
        if (broken) throw new Error('no database');
        return { waiting: 0, oldestAgeMs: 0, deadLetters: 0 };
      },
    });
    const whole = await ownLines(metrics);
    expect(whole).toHaveLength(8);
    broken = true;
    expect(await ownLines(metrics)).toEqual([
      'user_service_metrics_failed_readings_total{source="outbox"} 1',
      ...whole.filter((line) => line.includes('user_service_database_')),
    ]);
    broken = false;
    expect(await ownLines(metrics)).toEqual(expect.arrayContaining(whole));
  });

  test('of a source that hangs are absent after its timeout', async () => {
    const metrics = createPrometheusMetrics({ mail: () => new Promise(() => {}) });
    expect(await ownLines(metrics)).toEqual([
      'user_service_metrics_failed_readings_total{source="mail"} 1',
    ]);
  });

  test('share one reading between concurrent renderings', async () => {
    let readings = 0;
    const metrics = createPrometheusMetrics({
      outbox: async () => {
        readings += 1;
        return { waiting: 0, oldestAgeMs: 0, deadLetters: 0 };
      },
    });
    await Promise.all([metrics.render(), metrics.render(), metrics.render()]);
    expect(readings).toBe(1);
  });

  test('count requests by method, route template and status', async () => {
    const metrics = createPrometheusMetrics({});
    metrics.observeRequest({ method: 'GET', route: '/v1/users/{id}', status: 200, seconds: 0.2 });
    expect(await metrics.render()).toContain(
      'http_request_duration_seconds_bucket{le="0.25",method="GET",route="/v1/users/{id}",status="200"} 1',
    );
  });

  test('keep streams apart from requests, by route and up to half an hour', async () => {
    const metrics = createPrometheusMetrics({});
    metrics.observeStream({ route: '/v1/events', seconds: 901 });
    const text = await metrics.render();
    expect(text).toContain('http_stream_duration_seconds_bucket{le="900",route="/v1/events"} 0');
    expect(text).toContain('http_stream_duration_seconds_bucket{le="1800",route="/v1/events"} 1');
    expect(text).not.toContain('http_request_duration_seconds_count');
  });

  test('count requests over NATS by endpoint and status', async () => {
    const metrics = createPrometheusMetrics({});
    expect(await metrics.render()).not.toContain('nats_request_duration_seconds_count');
    metrics.observeNatsRequest({ endpoint: 'get-by-email', status: 404, seconds: 0.002 });
    expect(await metrics.render()).toContain(
      'nats_request_duration_seconds_bucket{le="0.0025",endpoint="get-by-email",status="404"} 1',
    );
  });

  test('count mail attempts and breached-password look-ups by result', async () => {
    const metrics = createPrometheusMetrics({
      mail: async () => ({
        waiting: 1,
        oldestAgeMs: 2_000,
        sent: 3,
        retried: 4,
        dead: 5,
        suppressed: { mailbox: 6, service: 7 },
      }),
      breachLookUps: () => ({ known: 1, unknown: 2, unchecked: 3 }),
      breakers: () => ({ pwned_passwords: true }),
    });
    expect(await ownLines(metrics)).toEqual([
      'user_service_mail_queued 1',
      'user_service_mail_oldest_age_seconds 2',
      'user_service_mail_attempts_total{result="sent"} 3',
      'user_service_mail_attempts_total{result="retried"} 4',
      'user_service_mail_attempts_total{result="dead_letter"} 5',
      'user_service_mail_suppressed_total{limit="mailbox"} 6',
      'user_service_mail_suppressed_total{limit="service"} 7',
      'user_service_breaker_open{breaker="pwned_passwords"} 1',
      'user_service_breached_password_lookups_total{result="known"} 1',
      'user_service_breached_password_lookups_total{result="unknown"} 2',
      'user_service_breached_password_lookups_total{result="unchecked"} 3',
    ]);
  });

  test('count unread characters and dropped lines of the log', async () => {
    const metrics = createPrometheusMetrics({ log: () => ({ unread: 12, droppedLines: 3 }) });
    expect(await ownLines(metrics)).toEqual([
      'user_service_log_unread_characters 12',
      'user_service_log_lines_dropped_total 3',
    ]);
  });

  test('have no dependency_up for a dependency that is off', async () => {
    const metrics = createPrometheusMetrics({
      health: async () => ({
        status: 'ok',
        checks: {
          database: { status: 'ok' },
          cache: { status: 'down' },
          messaging: { status: 'off' },
        },
      }),
    });
    expect(await ownLines(metrics)).toEqual([
      'user_service_ready 1',
      'user_service_dependency_up{dependency="database"} 1',
      'user_service_dependency_up{dependency="cache"} 0',
      'user_service_database_read_only 0',
    ]);
  });

  test('convert the relay’s state and lag', async () => {
    let lagMs: number | null = null;
    const counts = { published: 3, refused: 1, unknown: 2, resent: 5, foreign: 4 };
    const metrics = createPrometheusMetrics({ relay: () => ({ ...counts, leader: true, lagMs }) });
    const lines = [
      'user_service_relay_leader 1',
      'user_service_relay_published_total 3',
      'user_service_relay_publish_errors_total 3',
      'user_service_relay_resent_total 5',
      'user_service_relay_foreign_messages_total 4',
    ];
    expect(await ownLines(metrics)).toEqual(lines);
    lagMs = 250;
    expect((await ownLines(metrics)).sort()).toEqual(
      [...lines, 'user_service_relay_lag_seconds 0.25'].sort(),
    );
  });

  test('count published revocations by path', async () => {
    const metrics = createPrometheusMetrics({
      revocations: () => ({
        published: { commit: 3, feed: 4 },
        failed: { commit: 1, feed: 0 },
      }),
    });
    expect(await ownLines(metrics)).toEqual([
      'user_service_revocations_published_total{path="commit"} 3',
      'user_service_revocations_published_total{path="feed"} 4',
      'user_service_revocations_publish_errors_total{path="commit"} 1',
      'user_service_revocations_publish_errors_total{path="feed"} 0',
    ]);
  });

  test('have the version and the event-loop lag', async () => {
    const text = await createPrometheusMetrics({}, '1.2.3').render();
    expect(text).toContain('user_service_build_info{version="1.2.3"} 1');
    expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
  });
});

async function ownLines(metrics: { render(): Promise<string> }): Promise<string[]> {
  return (await metrics.render()).split('\n').filter((line) => line.startsWith(PREFIX));
}
