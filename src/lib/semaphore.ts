/** How many may work at once, and how many may wait for how long. */
export interface SemaphoreOptions {
  readonly slots: number;
  /** Longest wait for a slot in milliseconds; 0 refuses whoever finds no free slot. */
  readonly waitMs: number;
  /** Most that may wait together. */
  readonly maxWaiting: number;
}

/** What a semaphore is doing now. */
export interface SemaphoreStats {
  readonly active: number;
  readonly waiting: number;
}

/** Lets a bounded number in at once; the others wait their turn, first come first served. */
export interface Semaphore {
  /**
   * Takes a slot. @returns the function that gives it back (calling it again does nothing), or null
   * when none came free in time or too many wait already.
   */
  acquire(): Promise<(() => void) | null>;
  stats(): SemaphoreStats;
}

interface Waiter {
  admit(): void;
}

/** Makes a semaphore with all slots free. */
export function createSemaphore(options: SemaphoreOptions): Semaphore {
  const { slots, waitMs, maxWaiting } = options;
  // A set keeps the order of arrival and removes a waiter that gave up in constant time.
  const waiters = new Set<Waiter>();
  let active = 0;

  function occupiedSlot(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const [next] = waiters;
      // A slot passes straight to the next waiter, so that nobody who comes later overtakes it.
      if (next === undefined) active -= 1;
      else next.admit();
    };
  }

  return {
    acquire() {
      if (active < slots) {
        active += 1;
        return Promise.resolve(occupiedSlot());
      }
      if (waitMs <= 0 || waiters.size >= maxWaiting) return Promise.resolve(null);
      return new Promise((resolve) => {
        const waiter: Waiter = {
          admit() {
            waiters.delete(waiter);
            clearTimeout(timer);
            resolve(occupiedSlot());
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
