/** Bounds of a semaphore. */
export interface SemaphoreOptions {
  /** Most permits held at the same time. */
  readonly maxConcurrent: number;
  /** Longest wait for a permit in milliseconds; 0 means no waiting. */
  readonly waitMs: number;
  /** Most callers that wait at the same time. */
  readonly maxWaiting: number;
}

export interface SemaphoreStats {
  /** Permits held. */
  readonly active: number;
  readonly waiting: number;
}

/** Admits a bounded number of callers; further callers wait in order of arrival. */
export interface Semaphore {
  /**
   * Acquires a permit. @returns the function that releases it (a second call does nothing), or null when no permit came
   * free in time or too many callers wait already.
   */
  acquire(): Promise<(() => void) | null>;
  stats(): SemaphoreStats;
}

interface Waiter {
  admit(): void;
}

export function createSemaphore(options: SemaphoreOptions): Semaphore {
  const { maxConcurrent, waitMs, maxWaiting } = options;
  // A set keeps the order of arrival and removes a waiter that timed out in constant time.
  const waiters = new Set<Waiter>();
  let active = 0;

  function createRelease(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const [next] = waiters;
      // The permit passes straight to the next waiter, so that no later caller overtakes it.
      if (next === undefined) active -= 1;
      else next.admit();
    };
  }

  return {
    acquire() {
      if (active < maxConcurrent) {
        active += 1;
        return Promise.resolve(createRelease());
      }
      if (waitMs <= 0 || waiters.size >= maxWaiting) return Promise.resolve(null);
      return new Promise((resolve) => {
        const waiter: Waiter = {
          admit() {
            waiters.delete(waiter);
            clearTimeout(timer);
            resolve(createRelease());
          },
        };
        const timer = setTimeout(() => {
          waiters.delete(waiter);
          resolve(null);
        }, waitMs);
        waiters.add(waiter);
      });
    },
    stats: () => ({ active, waiting: waiters.size }),
  };
}
