import { DiagLogLevel, diag } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { EventStream } from '../../domain/outbox/event-stream.ts';
import type { Logger } from '../../domain/ports.ts';
import { withDeadline } from '../../lib/deadline.ts';
import type { Cache } from '../cache/cache.ts';
import type { Database } from '../database/sql.ts';
import { createLossReport, type LossReport } from './dropped-span-reporter.ts';
import { createSpans, type OpenSpan, type SpanSpec } from './spans.ts';
import {
  traceCache,
  traceDatabase,
  traceLogger,
  traceStream,
  traceUseCases,
} from './traced-ports.ts';

/** How to trace: the keys `tracing.*` of the configuration, and who it is. */
export interface TracingSettings {
  /** Base URL of an OTLP/HTTP collector, or that of its traces. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Part of the traces that begin here, from 0 to 1. */
  readonly sampleRatio: number;
  readonly serviceName: string;
  readonly version: string;
  /** How long stopping waits for the last spans to be taken, in milliseconds. */
  readonly stopDeadlineMs: number;
}

/** A request as its span describes it before it is answered. */
export interface TracedRequest extends Omit<SpanSpec, 'kind'> {
  /** The caller's `traceparent`, whatever it holds. */
  readonly traceparent: string | undefined;
}

/** Puts spans around ports. What has no request or publication above it is not traced. */
export interface Tracing {
  readonly requests: { begin(request: TracedRequest): OpenSpan };
  database(database: Database): Database;
  cache(cache: Cache): Cache;
  stream(stream: EventStream): EventStream;
  useCases<T extends object>(useCases: T): T;
  logger(logger: Logger): Logger;
  /** Sends what there is, until the deadline. Never rejects. */
  stop(): Promise<void>;
}

const TRACES_PATH = '/v1/traces';
/** How long one export may take, its repetitions included, in milliseconds. */
const EXPORT_DEADLINE_MS = 5_000;
/** How long an ended span waits for others to go with, in milliseconds. */
const GATHER_MS = 1_000;
/** Spans that wait; those beyond are dropped. */
const MAX_WAITING = 4_096;
const MAX_BATCH = 512;
/** Batches on their way at once. */
const MAX_EXPORTS = 10;

/** Starts to export spans. The collector may be down: that costs spans, and nothing else. */
export function createTracing(
  settings: TracingSettings,
  deps: { readonly logger: Logger; readonly monotonicMs: () => number },
): Tracing {
  const report = createLossReport(deps);
  listenToSdk(report);
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': settings.serviceName,
        'service.version': settings.version,
      }),
    ),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(settings.sampleRatio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: createExporter(settings),
        scheduledDelayMillis: GATHER_MS,
        // Only for an exporter that misses its own deadline.
        exportTimeoutMillis: 2 * EXPORT_DEADLINE_MS,
        maxQueueSize: MAX_WAITING,
        maxExportBatchSize: MAX_BATCH,
      }),
    ],
  });
  const spans = createSpans(provider.getTracer(settings.serviceName, settings.version));
  return {
    requests: {
      begin: ({ traceparent, ...spec }) => spans.begin({ ...spec, kind: 'server' }, traceparent),
    },
    database: (database) => traceDatabase(spans, database),
    cache: (cache) => traceCache(spans, cache),
    stream: (stream) => traceStream(spans, stream),
    useCases: (useCases) => traceUseCases(spans, useCases),
    logger: (logger) => traceLogger(spans, logger),
    async stop() {
      try {
        await withDeadline('the last export', settings.stopDeadlineMs, () => provider.shutdown());
      } catch (error) {
        report(error instanceof Error ? error.message : 'the last export failed');
      }
      diag.disable();
    },
  };
}

function createExporter({ endpoint, headers }: TracingSettings): OTLPTraceExporter {
  return new OTLPTraceExporter({
    url: endpoint.endsWith(TRACES_PATH) ? endpoint : `${endpoint}${TRACES_PATH}`,
    headers: { ...headers },
    timeoutMillis: EXPORT_DEADLINE_MS,
    concurrencyLimit: MAX_EXPORTS,
  });
}

/** The SDK reports by a logger that the whole process shares; without one it is silent. */
function listenToSdk(report: LossReport): void {
  const ignore = (): void => undefined;
  diag.setLogger(
    { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
