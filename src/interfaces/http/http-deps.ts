import type { UseCases } from '../../application/use-cases.ts';
import type { IdGenerator, Logger, RequestLog } from '../../domain/ports.ts';
import type { RequestTracer } from '../api/request-tracer.ts';
import type { AccountPageSettings } from './routes/account-pages/account-page-settings.ts';

export interface HttpSettings {
  /** Base URL of the service for clients, without a trailing slash. */
  readonly publicUrl: string;
  /** Networks (CIDR) of the proxies whose forwarded headers are trusted. */
  readonly trustedProxies: readonly string[];
  /** Origins that may call from a browser. An empty list turns CORS off. */
  readonly corsOrigins: readonly string[];
  /** Request headers of browsers besides those that the API reads. */
  readonly corsAllowedHeaders: readonly string[];
  /** Response headers for scripts besides those of the API. */
  readonly corsExposedHeaders: readonly string[];
  /** `sessions.cookie.name`; null where cookie mode is off. */
  readonly sessionCookieName: string | null;
  readonly issuer: string;
  /** `tokens.client_id`: the client of users, which has no secret. */
  readonly clientId: string;
  /** The audiences that a token can be for; the first one is this service. */
  readonly audience: readonly string[];
  /** For how long verifiers may cache the JWKS. */
  readonly jwksMaxAgeMs: number;
  /** Longest time for a request to arrive, and again for its response, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** For the work on a request that has arrived. */
  readonly requestDeadlineMs: number;
  readonly headersTimeoutMs: number;
  readonly maxConnections: number;
  /** For clients outside `trustedProxies`; IPv6 addresses count by their /64. */
  readonly maxConnectionsPerAddress: number;
  /** Whether a management server serves `/health` and `/metrics`, and the public server does not. */
  readonly managementSeparate: boolean;
  readonly version: string;
  /** How events are read. */
  readonly events: {
    /** Largest number of events in a page. */
    readonly page: number;
    /** Longest wait for the first event of a page. */
    readonly waitMs: number;
    /** Life of a stream. */
    readonly maxDurationMs: number;
  };
  /** How revocations are read. */
  readonly revocations: {
    /** Longest wait for the first revocation of a page. */
    readonly waitMs: number;
  };
  /** Absent where no page is served. */
  readonly accountPages?: AccountPageSettings;
}

/** One answered request, for metrics. */
export interface ObservedRequest {
  /** The route template, never the sent path. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}

/** One answer of a long-lived route that has ended: a stream, an export, or a page that waited. */
export interface ObservedStream {
  /** The route template. */
  readonly route: string;
  /** From the arrival of the request until its connection was done with it. */
  readonly seconds: number;
}

/** Why the server closed a connection: too many of one client address, or a client that does not read. */
export type ClosedConnectionReason = 'address_limit' | 'not_reading';

export interface HttpMetrics {
  readonly contentType: string;
  render(): Promise<string>;
  observeRequest(request: ObservedRequest): void;
  observeStream(stream: ObservedStream): void;
  countClosedConnection(reason: ClosedConnectionReason): void;
}

export interface HttpDeps {
  readonly useCases: UseCases;
  readonly logger: Logger;
  readonly requestLog: RequestLog;
  /** Formats a time as RFC 3339 text in UTC. */
  readonly formatTime: (time: Date) => string;
  /** Creates request ids. */
  readonly ids: IdGenerator;
  readonly settings: HttpSettings;
  readonly metrics?: HttpMetrics;
  /** Absent when tracing is off. */
  readonly tracer?: RequestTracer;
  /** True while the service stops: it is not ready, and connections close after their response. */
  isDraining(): boolean;
  /** Set for the control socket: every caller there is the operator. */
  readonly operator?: true;
}
