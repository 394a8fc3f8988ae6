import type { Config } from '../config/schema.ts';
import type { Logger } from '../domain/ports.ts';
import type { Tracing } from '../infrastructure/tracing/tracing.ts';

/** What an app is made from. */
export interface AppDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  /** `UV_THREADPOOL_SIZE` as it was when the process began. */
  readonly threadPoolSize: string | undefined;
  /** Gives the start up: what was acquired is released, and the reason thrown. */
  readonly signal?: AbortSignal;
  /** For tests: keeps the embedded database in memory, made from this template, and writes no file. */
  readonly inMemoryTemplate?: string;
}

/** What an app is made from once it is known whether it is traced. */
export interface TracedDeps extends AppDeps {
  readonly tracing: Tracing | null;
}
