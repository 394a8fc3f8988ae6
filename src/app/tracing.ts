import { readTracingHeaders } from '../config/tracing-headers.ts';
import { withoutVariables } from '../config/without-variables.ts';
import { createPlainRequestLog } from '../infrastructure/logging/plain-request-log.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';
import type { ReleaseStack } from '../lib/release-stack.ts';
import type { AppDeps, TracedDeps } from './deps.ts';
import { readKeyFile } from './read-key-file.ts';

/** Longest wait for the collector at the end of the process. */
const STOP_DEADLINE_MS = 2_000;
/** The same as a fraction of `server.shutdown_timeout`; the shorter one counts. */
const STOP_SHARE = 0.2;

/**
 * Starts tracing if it is configured. If not, no module is loaded and no port is wrapped, so that it has no cost.
 * @returns the dependencies with a logger that adds trace ids
 */
export async function openTracing(
  deps: AppDeps,
  releases: ReleaseStack,
  serviceName: string,
): Promise<TracedDeps> {
  const { endpoint, headers, sampleRatio, tlsCa, tlsCert, tlsKey } = deps.config.tracing;
  const { logger, requestLog = createPlainRequestLog(logger) } = deps;
  if (endpoint === undefined) return { ...deps, requestLog, tracing: null };
  const { createTracing } = await import('../infrastructure/tracing/tracing.ts');
  const read = readTracingHeaders(headers);
  // The exporter would add the headers of OTEL_EXPORTER_OTLP_HEADERS, which are for another collector.
  const tracing = withoutVariables('OTEL_', () =>
    createTracing(
      {
        endpoint,
        headers: 'headers' in read ? read.headers : {},
        tls: {
          ca: readKeyFile('tracing.tls_ca', tlsCa),
          cert: readKeyFile('tracing.tls_cert', tlsCert),
          key: readKeyFile('tracing.tls_key', tlsKey),
        },
        sampleRatio,
        serviceName,
        version: deps.version,
        stopDeadlineMs: Math.min(
          STOP_DEADLINE_MS,
          STOP_SHARE * deps.config.server.shutdownTimeoutMs,
        ),
      },
      { logger, monotonicMs },
    ),
  );
  releases.register('the traces', () => tracing.stop());
  return {
    ...deps,
    logger: tracing.logger(logger),
    requestLog: tracing.requestLog(requestLog),
    tracing,
  };
}
