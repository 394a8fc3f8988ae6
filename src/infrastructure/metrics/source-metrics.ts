import { Counter, Gauge, type Registry } from 'prom-client';
import { withDeadline } from '../../lib/deadline.ts';

/** A number, or numbers by the value of the metric's one label; null for what is not known. */
type Values = number | null | Readonly<Record<string, number>>;

/** A metric that is read from a source. */
export interface SourceMetric<T> {
  /** `total` grows until the process ends; `gauge` goes up and down. */
  readonly kind: 'gauge' | 'total';
  /** Without the prefix of the service. */
  readonly name: string;
  readonly help: string;
  /** The only label; its values come from a closed list, so that the number of series is bounded. */
  readonly label?: string;
  readonly value: (numbers: T) => Values;
}

/** Metrics that are brought up to date before they are shown. */
export interface SourceMetrics {
  /** Never rejects: what a source that fails or hangs would have told is absent until it works again. */
  refresh(): Promise<void>;
}

/** Begins the name of every metric of the service itself. */
const PREFIX = 'user_service_';
/** How long one source may take: longer than a health check, and well within the ten seconds of a scrape. */
const SOURCE_DEADLINE_MS = 2_000;

/**
 * Registers the metrics of one source. Without the source there are none: a 0 that nobody measured would hide that.
 * @param onFailure is told of each failed reading.
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
        const numbers = await withDeadline('reading a source of metrics', SOURCE_DEADLINE_MS, read);
        for (const { metric, series } of registered) series.show(metric.value(numbers));
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
    // A metric without labels is reset to 0 rather than to nothing.
    if (label === undefined) meter.remove();
  };
  return {
    clear,
    show(values: Values): void {
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
