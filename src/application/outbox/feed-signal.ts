/** Tells readers of the feed in this process that further events have numbers. */
export interface FeedSignal {
  notify(newest: number): void;
  /** Says that events were committed here. Ignored while no reader waits: a read numbers what it finds. */
  announceCommit(): void;
  isAwaited(): boolean;
  /** Calls the listener when events may need numbers at once. It must not throw. */
  onDemand(listener: () => void): void;
  /**
   * Waits until the newest number differs from the given one, but no longer than `timeoutMs` or until the signal aborts.
   * @param known the newest number that the caller has seen
   */
  wait(known: number, timeoutMs: number, signal: AbortSignal): Promise<void>;
}

/** The waiters are bounded by the connections of the feed. */
export function createFeedSignal(): FeedSignal {
  const waiters = new Set<() => void>();
  let newestKnown: number | null = null;
  let demand = (): void => {};
  return {
    notify(newest) {
      newestKnown = newest;
      for (const wake of [...waiters]) wake();
    },
    announceCommit() {
      if (waiters.size > 0) demand();
    },
    isAwaited: () => waiters.size > 0,
    onDemand(listener) {
      demand = listener;
    },
    wait(known, timeoutMs, signal) {
      if (signal.aborted || (newestKnown !== null && newestKnown > known)) return Promise.resolve();
      return new Promise((resolve) => {
        const finish = (): void => {
          waiters.delete(finish);
          clearTimeout(timer);
          signal.removeEventListener('abort', finish);
          resolve();
        };
        const timer = setTimeout(finish, timeoutMs);
        signal.addEventListener('abort', finish, { once: true });
        waiters.add(finish);
        // A commit between the caller's read and now was not announced.
        if (waiters.size === 1) demand();
      });
    },
  };
}
