import { withFallback } from '../../../lib/deadline.ts';
import { databaseUnavailable } from '../postgres/errors.ts';

export interface ConnectionQueueLimits {
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
}

/** Gives the only connection to one caller at a time, in the order of their calls. */
export interface ConnectionQueue {
  /** @throws DomainError `unavailable` when too many callers wait, when the wait is too long, or after `close`. */
  withConnection<T>(work: () => Promise<T>): Promise<T>;
  /** Whether a caller holds the connection. */
  readonly busy: boolean;
  /** Number of callers that wait. */
  readonly waiting: number;
  /** Rejects new callers and resolves when those before have finished. */
  close(): Promise<void>;
}

/** States: free, busy (callers may wait), closed. */
export function createConnectionQueue(limits: ConnectionQueueLimits): ConnectionQueue {
  const queue: (() => void)[] = [];
  let busy = false;
  let closing: Promise<void> | undefined;

  /** Resolves when the caller holds the connection. Without bounds it waits without limit. */
  async function acquire(bounds?: ConnectionQueueLimits): Promise<void> {
    if (!busy) {
      busy = true;
      return;
    }
    if (bounds !== undefined && queue.length >= bounds.maxWaiting) {
      throw databaseUnavailable(new Error('too many callers wait for the database'));
    }
    let start = (): void => {};
    const acquired = new Promise<void>((resolve) => {
      start = resolve;
    });
    queue.push(start);
    if (bounds === undefined) return await acquired;
    await withFallback(
      bounds.maxWaitMs,
      () => acquired,
      () => {
        queue.splice(queue.indexOf(start), 1);
        const message = `the connection was not free within ${bounds.maxWaitMs} ms`;
        throw databaseUnavailable(new Error(message));
      },
    );
  }

  function release(): void {
    const next = queue.shift();
    if (next === undefined) busy = false;
    else next();
  }

  return {
    get busy() {
      return busy;
    },
    get waiting() {
      return queue.length;
    },
    async withConnection(work) {
      if (closing !== undefined) throw databaseUnavailable(new Error('the database is closed'));
      await acquire(limits);
      try {
        return await work();
      } finally {
        release();
      }
    },
    close() {
      closing ??= acquire();
      return closing;
    },
  };
}
