import type { MirrorStore } from './mirror-store.ts';
import type { RetryNotice } from './retry.ts';
import type { PositionGone, ServiceOptions } from './service.ts';
import type { EventSource } from './source.ts';

export interface MirrorOptions {
  readonly source: EventSource & { readonly service?: ServiceOptions };
  readonly store: MirrorStore;
  /**
   * How users are read; taken from `httpEvents`, needed with `jetStreamEvents`. The key needs `users:admin` for the
   * export, `users:read` for changed users, and over HTTP `events:read`.
   */
  readonly service?: ServiceOptions;
  /** For a log: a failed read, events that are gone, or a store that is away. */
  readonly onRetry?: (notice: RetryNotice) => void;
  /** For a log: the copy is filled, because it is empty or because events were lost (`gone`). */
  readonly onFill?: (gone: PositionGone | null) => void;
  /** For a log: an error of a comparison that `reconcileEveryMs` began. The next one follows at its time. */
  readonly onReconcileError?: (error: unknown) => void;
  /** Compares the copy with the service and repairs it so often, in milliseconds; never by default. */
  readonly reconcileEveryMs?: number;
  /** The mirror ends with the error so long after the first of failures in a row; ten minutes by default. */
  readonly maxOutageMs?: number;
  /** Stops the mirror, as `stop` does. */
  readonly signal?: AbortSignal;
}
