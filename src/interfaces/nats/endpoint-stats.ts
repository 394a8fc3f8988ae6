import type { Endpoint as ServiceEndpoint } from '@nats-io/services';

/** Counts one endpoint's answers since it was added. */
export interface EndpointStats {
  count(answer: { readonly durationMs: number; readonly code: string | undefined }): void;
  /** Writes the counts into the endpoint that the library shows to discovery. */
  showOn(endpoint: ServiceEndpoint): void;
}

/** The library's own counters, which see no further than the start of an asynchronous handler. */
interface ShownStats {
  num_requests: number;
  num_errors: number;
  last_error?: string;
  processing_time: number;
  average_processing_time: number;
}

const NANOSECONDS_A_MILLISECOND = 1_000_000;

/** Starts at zero. */
export function createEndpointStats(): EndpointStats {
  let requests = 0;
  let errors = 0;
  let lastError: string | undefined;
  let totalMs = 0;
  return {
    count({ durationMs, code }) {
      requests += 1;
      totalMs += durationMs;
      if (code === undefined) return;
      errors += 1;
      lastError = code;
    },
    showOn(endpoint) {
      const { stats } = endpoint as { stats?: ShownStats };
      if (stats === undefined) return;
      stats.num_requests = requests;
      stats.num_errors = errors;
      if (lastError !== undefined) stats.last_error = lastError;
      stats.processing_time = Math.round(totalMs * NANOSECONDS_A_MILLISECOND);
      stats.average_processing_time =
        requests === 0 ? 0 : Math.round(stats.processing_time / requests);
    },
  };
}
