import type { Endpoint as ServiceEndpoint } from '@nats-io/services';

/** The statistics of one endpoint since the service started. */
export interface EndpointStats {
  record(response: { readonly durationMs: number; readonly code: string | undefined }): void;
  /** Overwrites the statistics that the NATS library reports to discovery. */
  writeTo(endpoint: ServiceEndpoint): void;
}

/** The library's own counters: they end when an asynchronous handler returns its promise. */
interface ReportedStats {
  num_requests: number;
  num_errors: number;
  last_error?: string;
  processing_time: number;
  average_processing_time: number;
}

const NANOSECONDS_PER_MILLISECOND = 1_000_000;

export function createEndpointStats(): EndpointStats {
  let requests = 0;
  let errors = 0;
  let lastError: string | undefined;
  let totalMs = 0;
  return {
    record({ durationMs, code }) {
      requests += 1;
      totalMs += durationMs;
      if (code === undefined) return;
      errors += 1;
      lastError = code;
    },
    writeTo(endpoint) {
      const { stats } = endpoint as { stats?: ReportedStats };
      if (stats === undefined) return;
      stats.num_requests = requests;
      stats.num_errors = errors;
      if (lastError !== undefined) stats.last_error = lastError;
      stats.processing_time = Math.round(totalMs * NANOSECONDS_PER_MILLISECOND);
      stats.average_processing_time =
        requests === 0 ? 0 : Math.round(stats.processing_time / requests);
    },
  };
}
