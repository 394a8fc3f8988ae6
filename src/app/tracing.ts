import { readTracingHeaders } from '../config/tracing-headers.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';
import type { ReleaseStack } from '../lib/release-stack.ts';
import type { AppDeps, TracedDeps } from './deps.ts';

/** How long the end of the process waits for a collector at most, in milliseconds; and what part of its time. */
const STOP_DEADLINE_MS = 2_000;
const STOP_SHARE = 0.2;

/**
 * Begins to trace where that is configured. Where it is not, nothing is loaded and nothing gets a wrapper, so that it
 * costs nothing.
 * @returns what the rest is to be made from: the logger names traces.
 */
export async function openTracing(
  deps: AppDeps,
  releases: ReleaseStack,
  serviceName: string,
): Promise<TracedDeps> {
  const { endpoint, headers, sampleRatio } = deps.config.tracing;
  if (endpoint === undefined) return { ...deps, tracing: null };
  const { createTracing } = await import('../infrastructure/tracing/tracing.ts');
  const tracing = createTracing(
    {
      endpoint,
      headers: readTracingHeaders(headers) ?? {},
      sampleRatio,
      serviceName,
      version: deps.version,
      stopDeadlineMs: Math.min(STOP_DEADLINE_MS, STOP_SHARE * deps.config.server.shutdownTimeoutMs),
    },
    { logger: deps.logger, monotonicMs },
  );
  releases.register('the traces', () => tracing.stop());
  return { ...deps, logger: tracing.logger(deps.logger), tracing };
}
