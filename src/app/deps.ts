import type { Config } from '../config/schema.ts';
import type { Logger, RequestLog } from '../domain/ports.ts';
import type { LogOutput } from '../infrastructure/logging/log-output.ts';
import type { Tracing } from '../infrastructure/tracing/tracing.ts';

/** Names the service in traces and NATS connections, and is refused in passwords. */
export const SERVICE_NAME = 'user-service';

export interface AppDeps {
  readonly config: Config;
  readonly logger: Logger;
  /** Absent where the lines of requests go through `logger`. */
  readonly requestLog?: RequestLog;
  /** Absent where the log is not a stream of the process. */
  readonly logOutput?: Pick<LogOutput, 'stats'>;
  readonly version: string;
  /** `UV_THREADPOOL_SIZE` as it was when the process began. */
  readonly threadPoolSize: string | undefined;
  /** Aborts the start: everything acquired is released, and the signal's reason is thrown. */
  readonly signal?: AbortSignal;
  /** The signing keys are not opened at the start; for the command that replaces them. */
  readonly toleratesLostMasterKey?: boolean;
  /** For tests: keeps the embedded database in memory, created from this template, and writes no file. */
  readonly inMemoryTemplate?: string;
}

/** `tracing` is null when it is not configured. */
export interface TracedDeps extends AppDeps {
  readonly requestLog: RequestLog;
  readonly tracing: Tracing | null;
}
