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
import type { Logger, RequestLog } from '../../domain/ports.ts';
import { withDeadline } from '../../lib/deadline.ts';
import type { Cache } from '../cache/cache.ts';
import type { Database } from '../database/sql.ts';
import { createDroppedSpanReporter, type DroppedSpanReporter } from './dropped-span-reporter.ts';
import { createSpans, type OpenSpan, type SpanSpec } from './spans.ts';
import {
  traceCache,
  traceDatabase,
  traceLogger,
  traceRequestLog,
  traceStream,
  traceUseCases,
} from './traced-ports.ts';
import { tracesUrl } from './traces-url.ts';

/** PEM text: the authorities to trust instead of those of Node.js, and the certificate to present. */
export interface ExporterTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** The configuration keys `tracing.*`, and the identity of the service. */
export interface TracingSettings {
  /** Base URL of an OTLP/HTTP collector, with or without `/v1/traces`. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: ExporterTls;
  /** Fraction of the traces started here that is kept, from 0 to 1. */
  readonly sampleRatio: number;
  readonly serviceName: string;
  readonly version: string;
  /** Longest wait of `stop` for the last export. */
  readonly stopDeadlineMs: number;
}

/** The description of a request's span at its start. */
export interface TracedRequest extends Omit<SpanSpec, 'kind'> {
  /** The caller's `traceparent`, unchecked. */
  readonly traceparent: string | undefined;
}

/** Adds spans to ports. Only work for a request or a published event is traced. */
export interface Tracing {
  readonly requests: { begin(request: TracedRequest): OpenSpan };
  database(database: Database): Database;
  cache(cache: Cache): Cache;
  stream(stream: EventStream): EventStream;
  useCases<T extends object>(useCases: T): T;
  logger(logger: Logger): Logger;
  requestLog(log: RequestLog): RequestLog;
  /** Exports the remaining spans, until the deadline. Never rejects. */
  stop(): Promise<void>;
}

/** Longest time of one export, including its retries. */
const EXPORT_DEADLINE_MS = 5_000;
/** Ended spans are batched for this long. */
const BATCH_DELAY_MS = 1_000;
/** Spans in the queue; further ones are dropped. */
const MAX_QUEUE = 4_096;
const MAX_BATCH = 512;
/** Concurrent exports. */
const MAX_EXPORTS = 10;

/** Starts to export spans. The exporter also reads `OTEL_…` variables, which the caller hides from it. If the collector is down, spans are dropped; nothing else is affected. */
export function createTracing(
  settings: TracingSettings,
  deps: { readonly logger: Logger; readonly monotonicMs: () => number },
): Tracing {
  const report = createDroppedSpanReporter(deps);
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
        scheduledDelayMillis: BATCH_DELAY_MS,
        // A safeguard for an exporter that exceeds its own deadline.
        exportTimeoutMillis: 2 * EXPORT_DEADLINE_MS,
        maxQueueSize: MAX_QUEUE,
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
    requestLog: (log) => traceRequestLog(spans, log),
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

function createExporter({ endpoint, headers, tls }: TracingSettings): OTLPTraceExporter {
  const options = {
    url: tracesUrl(endpoint),
    headers: { ...headers },
    timeoutMillis: EXPORT_DEADLINE_MS,
    concurrencyLimit: MAX_EXPORTS,
    httpAgentOptions: { keepAlive: true, rejectUnauthorized: true, ...tls },
  };
  return new OTLPTraceExporter(options);
}

/** The SDK reports to one logger for the whole process; without one it is silent. */
function listenToSdk(report: DroppedSpanReporter): void {
  const ignore = (): void => undefined;
  diag.setLogger(
    { error: report, warn: report, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
