import { Counter, Gauge, type Registry } from 'prom-client';
import { withDeadline } from '../../lib/deadline.ts';

/** A number, or numbers by label value; null for an unknown value. */
type Values = number | null | Readonly<Record<string, number>>;

/** A metric that is computed from the reading `T` of a source. */
export interface SourceMetric<T> {
  /** A `total` never decreases while the process runs. */
  readonly kind: 'gauge' | 'total';
  /** Without the prefix `user_service_`. */
  readonly name: string;
  readonly help: string;
  /** The only label. Its values come from a fixed list, so that the number of series is bounded. */
  readonly label?: string;
  readonly value: (reading: T) => Values;
}

/** The metrics of one source. */
export interface SourceMetrics {
  /** Reads the source. Never rejects: while a source fails or hangs, its metrics are absent. */
  refresh(): Promise<void>;
}

const PREFIX = 'user_service_';
/** Longer than a health check, and well within the ten seconds of a scrape. */
const SOURCE_TIMEOUT_MS = 2_000;

/**
 * Registers the metrics of one source. Without a source there are no metrics: a 0 would look like a measurement.
 * @param onFailure called for each failed reading.
 */
export function registerSource<T>(
  registry: Registry,
  read: (() => T | Promise<T>) | undefined,
  metrics: readonly SourceMetric<T>[],
  onFailure: () => void,
): SourceMetrics {
  if (read === undefined) return { refresh: async () => {} };
  const registered = metrics.map((metric) => ({ metric, series: createSeries(registry, metric) }));
  const clear = (): void => {
    for (const { series } of registered) series.clear();
  };
  clear();
  return {
    async refresh() {
      try {
        const reading = await withDeadline('reading a metrics source', SOURCE_TIMEOUT_MS, read);
        for (const { metric, series } of registered) series.set(metric.value(reading));
      } catch {
        clear();
        onFailure();
      }
    },
  };
}

function createSeries(registry: Registry, metric: Omit<SourceMetric<never>, 'value'>) {
  const { kind, name, help, label } = metric;
  const options = {
    name: PREFIX + name,
    help,
    labelNames: label === undefined ? [] : [label],
    registers: [registry],
  };
  const meter = kind === 'gauge' ? new Gauge(options) : new Counter(options);
  const clear = (): void => {
    meter.reset();
    // reset() leaves a metric without labels at 0; remove() makes it absent.
    if (label === undefined) meter.remove();
  };
  return {
    clear,
    set(values: Values): void {
      clear();
      for (const [labels, value] of labelled(values, label)) meter.inc(labels, value);
    },
  };
}

function labelled(values: Values, label: string | undefined): [Record<string, string>, number][] {
  if (values === null) return [];
  if (typeof values === 'number') return [[{}, values]];
  return Object.entries(values).map(([name, value]) => [{ [label ?? '']: name }, value]);
}
