import type { UseCases } from '../../application/use-cases.ts';
import type { IdGenerator, Logger } from '../../domain/ports.ts';
import type { RequestTracer } from '../api/request-tracer.ts';

/** What the HTTP edge is told by the configuration. */
export interface HttpSettings {
  /** Base URL under which clients reach the service, without a slash at the end. */
  readonly publicUrl: string;
  /** Networks (CIDR) of the proxies whose forwarded headers are believed. */
  readonly trustedProxies: readonly string[];
  /** Origins that browsers may call from; none means no CORS at all. */
  readonly corsOrigins: readonly string[];
  readonly issuer: string;
  readonly audience: string;
  /** How long a request may take to arrive, and then to be answered. */
  readonly requestTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly maxConnections: number;
  /** Whether `/health` and `/metrics` are served by a management server instead. */
  readonly managementSeparate: boolean;
  readonly version: string;
}

/** One answered request, for metrics. */
export interface ObservedRequest {
  /** The route's template, never the path that was asked. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}

/** Where the edge reports to, and what `/metrics` answers. */
export interface HttpMetrics {
  readonly contentType: string;
  render(): Promise<string>;
  observeRequest(request: ObservedRequest): void;
}

/** What an HTTP server stands on. */
export interface HttpDeps {
  readonly useCases: UseCases;
  readonly logger: Logger;
  /** Writes a time as RFC 3339 text in UTC. */
  readonly formatTime: (time: Date) => string;
  /** Makes request ids. */
  readonly ids: IdGenerator;
  readonly settings: HttpSettings;
  readonly metrics?: HttpMetrics;
  /** Without it requests are in no trace. */
  readonly tracer?: RequestTracer;
  /** Whether the service is on its way out: not ready, and connections close after their answer. */
  isDraining(): boolean;
  /** Set for the control socket: whoever can open it is the operator. */
  readonly operator?: true;
}
