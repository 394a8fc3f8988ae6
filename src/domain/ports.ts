import type { DependencyReason } from './dependency-failure.ts';

/** The wall clock. */
export interface Clock {
  now(): Date;
}

export interface IdGenerator {
  /** A UUID. For rows and events it is version 7 (RFC 9562 §5.7): later ids sort later, to the millisecond. */
  next(): string;
}

/** How long a caller waits for a result. */
export interface RequestDeadline {
  /** Whether the time is over. Nothing new is begun then: the caller has been told that nothing has changed. */
  isOver(): boolean;
  /** Whether no caller waits for the result any more: the time is over, or the client has hung up. */
  isAbandoned(): boolean;
  /**
   * Must be called before a commit is sent: from then on a late caller is told that the outcome is unknown.
   * @returns false when the time is over; the transaction must be rolled back.
   */
  beginCommit(): boolean;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one line per call. Do not pass secrets or personal data in fields; known field names are redacted as a last line. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to every line. */
  with(fields: LogFields): Logger;
}

/** The line of an answered request, in the order of its fields. Absent fields are not in the line. */
export interface RequestFields {
  readonly request_id: string;
  /** The id that the caller sent, if another one names the request. */
  readonly client_request_id?: string | undefined;
  readonly method?: string;
  /** A template such as `/v1/users/{id}`, never the sent path. */
  readonly route?: string;
  /** Of a request over NATS. */
  readonly subject?: string;
  readonly status: number;
  /** Of a failed request. */
  readonly code?: string | undefined;
  readonly duration_ms: number;
  /** Null when the address is not known. */
  readonly client_ip?: string | null;
  readonly principal: string;
  readonly principal_id?: string | undefined;
  readonly trace_id?: string;
}

/** Writes the lines of requests. */
export interface RequestLog {
  /**
   * Hands the line to the log, and calls `answer` after that: an answer that left has its line, also when the process is
   * killed. Both can wait for the end of this turn of the event loop. `answer` runs in the async context of any request
   * and must not throw.
   */
  write(fields: RequestFields, answer: () => void): void;
}

/** Checks that one dependency works. */
export interface HealthCheck {
  readonly name: 'database' | 'cache' | 'messaging';
  /** Which implementation runs, such as `postgres` or `memory`; `none` when it is off. */
  readonly driver: string;
  /** The service is down without a required dependency, and degraded without another one. */
  readonly required: boolean;
  /** The dependency is not configured: it is reported as `off`, and `check` is not called. */
  readonly off?: boolean;
  /** The dependency's clock minus this instance's, in milliseconds; null while it is unknown. */
  readonly clockOffsetMs?: () => number | null;
  /**
   * Resolves when the dependency does its work, with what limits it. Honours the signal.
   * @throws DependencyFailure with the reason; any other error counts as the reason `error`.
   */
  check(signal: AbortSignal): Promise<DependencyReason | undefined>;
}
