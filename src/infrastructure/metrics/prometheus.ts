import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Numbers that are read when the metrics are asked for. */
export interface MetricSources {
  readonly databasePool: () => {
    readonly total: number;
    readonly idle: number;
    readonly waiting: number;
  };
  readonly hashingGate: () => { readonly active: number; readonly waiting: number };
}

/** One finished request. `route` is the template, so that the number of series is bounded. */
export interface ObservedRequest {
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}

/** The service's metrics in Prometheus' text format. */
export interface Metrics {
  readonly contentType: string;
  render(): Promise<string>;
  observeRequest(request: ObservedRequest): void;
}

/** Upper bounds in seconds, around what a cached read, a query and a password hash take. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Makes a registry of its own, so that several services can run in one process. */
export function createPrometheusMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  gauge('database_pool_connections', 'Open database connections by state.', 'state', () => {
    const { total, idle } = sources.databasePool();
    return { busy: total - idle, idle };
  });
  gauge('database_pool_waiting', 'Callers that wait for a database connection.', 'queue', () => ({
    pool: sources.databasePool().waiting,
  }));
  gauge(
    'password_hashing',
    'Password hashes that are computed, and those that wait.',
    'state',
    () => {
      const { active, waiting } = sources.hashingGate();
      return { active, waiting };
    },
  );

  return {
    contentType: registry.contentType,
    render: () => registry.metrics(),
    observeRequest({ route, method, status, seconds }) {
      requests.observe({ method, route, status: String(status) }, seconds);
    },
  };

  function gauge(
    name: string,
    help: string,
    label: string,
    read: () => Record<string, number>,
  ): void {
    new Gauge({
      name: `user_service_${name}`,
      help,
      labelNames: [label],
      registers: [registry],
      collect() {
        for (const [value, count] of Object.entries(read())) this.set({ [label]: value }, count);
      },
    });
  }
}
