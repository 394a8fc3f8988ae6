import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type ReadingOf, SOURCE_METRICS } from './definitions.ts';
import type { MetricSources } from './metric-sources.ts';
import { registerSource, type SourceMetrics } from './source-metrics.ts';

export interface ObservedRequest {
  /** The template, never the requested path, so that the number of series is bounded. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}

export interface ObservedStream {
  /** The template, as for a request. */
  readonly route: string;
  readonly seconds: number;
}

export interface ObservedNatsRequest {
  /** One of the service's endpoints, so that the number of series is bounded. */
  readonly endpoint: string;
  /** The HTTP status of the same outcome. */
  readonly status: number;
  readonly seconds: number;
}

/** The service's metrics in the text format of Prometheus. */
export interface Metrics {
  readonly contentType: string;
  /** Reads all sources, each for at most two seconds. Concurrent calls share one reading. */
  render(): Promise<string>;
  observeRequest(request: ObservedRequest): void;
  /** Of a long-lived route: its time is chosen by the client, so it is kept apart from the latency of requests. */
  observeStream(stream: ObservedStream): void;
  /** @param reason one of a fixed set */
  countClosedConnection(reason: string): void;
  observeNatsRequest(request: ObservedNatsRequest): void;
  /** @param reason one of a closed list, so that the number of series is bounded */
  countDroppedNatsRequest(reason: string): void;
}

/** Upper bounds in seconds, chosen around the time of a cached read, a query and a password hash. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Upper bounds in seconds: a page, a wait for an event, an export, a stream up to its longest life. */
const STREAM_BUCKETS = [0.01, 0.1, 1, 5, 30, 60, 300, 900, 1_800];

/**
 * Creates a separate registry, so that several services can run in one process. It also holds prom-client's metrics of
 * the process: CPU, memory, garbage collection and event-loop lag.
 */
export function createPrometheusMetrics(sources: MetricSources, version?: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its response.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  const streams = new Histogram({
    name: 'http_stream_duration_seconds',
    help: 'Time from the arrival of a request on a long-lived route to the end of its response, by either side.',
    labelNames: ['route'] as const,
    buckets: STREAM_BUCKETS,
    registers: [registry],
  });
  const closedConnections = new Counter({
    name: 'http_connections_closed_total',
    help: 'Client connections that the server closed, by reason.',
    labelNames: ['reason'] as const,
    registers: [registry],
  });
  const natsRequests = new Histogram({
    name: 'nats_request_duration_seconds',
    help: 'Time from the arrival of a request over NATS to its response.',
    labelNames: ['endpoint', 'status'] as const,
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  const droppedNatsRequests = new Counter({
    name: 'user_service_nats_dropped_requests_total',
    help: 'Requests over NATS that got no reply because they named no reply subject, or one that is no inbox.',
    labelNames: ['reason'] as const,
    registers: [registry],
  });
  if (version !== undefined) {
    new Gauge({
      name: 'user_service_build_info',
      help: 'Always 1; the label is the running version.',
      labelNames: ['version'],
      registers: [registry],
    }).set({ version }, 1);
  }
  const refreshed = registerSources(registry, sources);
  let rendering: Promise<string> | null = null;

  async function read(): Promise<string> {
    await Promise.all(refreshed.map((source) => source.refresh()));
    return await registry.metrics();
  }

  return {
    contentType: registry.contentType,
    render() {
      rendering ??= read().finally(() => {
        rendering = null;
      });
      return rendering;
    },
    observeRequest({ route, method, status, seconds }) {
      requests.observe({ method, route, status: String(status) }, seconds);
    },
    observeStream({ route, seconds }) {
      streams.observe({ route }, seconds);
    },
    countClosedConnection(reason) {
      closedConnections.inc({ reason });
    },
    observeNatsRequest({ endpoint, status, seconds }) {
      natsRequests.observe({ endpoint, status: String(status) }, seconds);
    },
    countDroppedNatsRequest: (reason) => droppedNatsRequests.inc({ reason }),
  };
}

function registerSources(registry: Registry, sources: MetricSources): SourceMetrics[] {
  const failures = new Counter({
    name: 'user_service_metrics_failed_readings_total',
    help: 'Readings of a metrics source that failed or timed out; its metrics are absent meanwhile.',
    labelNames: ['source'],
    registers: [registry],
  });
  const register = <N extends keyof MetricSources>(source: N): SourceMetrics => {
    type Reading = ReadingOf<N>;
    const read = sources[source] as (() => Reading | Promise<Reading>) | undefined;
    return registerSource(registry, read, SOURCE_METRICS[source], () => failures.inc({ source }));
  };
  return (Object.keys(SOURCE_METRICS) as (keyof MetricSources)[]).map((source) => register(source));
}
