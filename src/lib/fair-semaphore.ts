import { createLinkedList, type Link, type LinkedList } from './linked-list.ts';
import type { SemaphoreOptions, SemaphoreStats } from './semaphore.ts';

export interface FairSemaphoreOptions extends SemaphoreOptions {
  /** A clock that never goes back, for the time that permits are held. */
  readonly monotonicMs: () => number;
}

/**
 * `queue_full`: no permit could come free in time. `displaced`: the place went to a key that had fewer callers waiting.
 * `timeout`: no permit came free in time.
 */
export type FairRefusal = 'queue_full' | 'displaced' | 'timeout';

export interface FairSemaphoreStats extends SemaphoreStats {
  /** Callers that got no permit since the start. */
  readonly refused: Readonly<Record<FairRefusal, number>>;
}

/** A place that is held before its caller is ready to wait. */
export interface ReservedPlace {
  /** Waits for a permit; to be called once. @returns the function that releases it, or null when refused */
  acquire(): Promise<(() => void) | null>;
  /** Gives the place up; does nothing after `acquire`. */
  leave(): void;
}

/**
 * Admits a bounded number of callers. The keys that wait take turns, so a key with many callers delays another by one
 * permit only. A lone key may fill the queue; when it is full, a caller of a key that has fewer callers takes the newest
 * place of the key that has most. The queue is never longer than what can be admitted within `waitMs`, judged by how
 * long permits were held: who cannot be served in time is refused at once.
 */
export interface FairSemaphore {
  /** Reserves a place, before work that a refused caller should not cause. @returns null when refused */
  reserve(key: string): ReservedPlace | null;
  stats(): FairSemaphoreStats;
}

interface Waiter {
  admit(): void;
  refuse(reason: FairRefusal): void;
}

/** The callers of one key: with a permit, with a reserved place, or waiting. It exists while there are any. */
interface Queue {
  readonly key: string;
  active: number;
  reserved: number;
  waiting: number;
  readonly waiters: LinkedList<Waiter>;
  /** Its place among the keys that take turns; null while no caller waits. */
  turn: Link<Queue> | null;
}

/** The part of the newest measurement in the mean; about the last twenty count. */
const NEWEST_PART = 0.1;

export function createFairSemaphore(options: FairSemaphoreOptions): FairSemaphore {
  const { maxConcurrent, waitMs, maxWaiting, monotonicMs } = options;
  const queues = new Map<string, Queue>();
  const turns = createLinkedList<Queue>();
  const refused: Record<FairRefusal, number> = { queue_full: 0, displaced: 0, timeout: 0 };
  let active = 0;
  let waiting = 0;
  let reserved = 0;
  /** How long a permit is held; null before the first release. */
  let meanHeldMs: number | null = null;

  /**
   * The most callers that can wait and still be admitted in time, at least one for each permit: a stalled event loop
   * makes permits look as if they were held for long, and a key that is alone must find a place to displace another from.
   */
  function capacity(): number {
    if (waitMs <= 0) return 0;
    if (meanHeldMs === null || meanHeldMs <= 0) return maxWaiting;
    const inTime = Math.floor((waitMs * maxConcurrent) / meanHeldMs);
    return Math.min(maxWaiting, Math.max(maxConcurrent, inTime));
  }

  /** The queue that must give a place to a key with so many callers; undefined if that key has its share. */
  function queueBeyondShare(callers: number): Queue | undefined {
    let most = callers + 1;
    let found: Queue | undefined;
    for (const queue of queues.values()) {
      const served = queue.active + queue.waiting;
      if (queue.waiting === 0 || served <= most) continue;
      most = served;
      found = queue;
    }
    return found;
  }

  /** Whether no other key has more callers, those with reserved places among them. */
  function hasItsShare(callers: number): boolean {
    for (const { active: served, waiting: own, reserved: held } of queues.values()) {
      if (served + own + held > callers + 1) return false;
    }
    return true;
  }

  function queueOf(key: string): Queue {
    let queue = queues.get(key);
    if (queue === undefined) {
      queue = { key, active: 0, reserved: 0, waiting: 0, waiters: createLinkedList(), turn: null };
      queues.set(key, queue);
    }
    return queue;
  }

  function removeIfEmpty(queue: Queue): void {
    if (queue.active + queue.reserved + queue.waiting === 0) queues.delete(queue.key);
  }

  function createRelease(queue: Queue): () => void {
    const sinceMs = monotonicMs();
    queue.active += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      queue.active -= 1;
      removeIfEmpty(queue);
      const heldMs = monotonicMs() - sinceMs;
      meanHeldMs = meanHeldMs === null ? heldMs : meanHeldMs + (heldMs - meanHeldMs) * NEWEST_PART;
      const next = turns.first();
      // The permit passes straight to the next waiter, so that no later caller overtakes it.
      if (next === undefined) {
        active -= 1;
        return;
      }
      if (next.turn !== null) turns.moveToEnd(next.turn);
      next.waiters.first()?.admit();
    };
  }

  function wait(queue: Queue): Promise<(() => void) | null> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        admit() {
          remove();
          resolve(createRelease(queue));
        },
        refuse(reason) {
          remove();
          removeIfEmpty(queue);
          refused[reason] += 1;
          resolve(null);
        },
      };
      // Timers run before the results of finished work. After a delay of the event loop, permits are released first.
      const timer = setTimeout(() => {
        setImmediate(() => {
          if (isWaiting) waiter.refuse('timeout');
        });
      }, waitMs);
      let isWaiting = true;
      const link = queue.waiters.append(waiter);
      queue.waiting += 1;
      waiting += 1;
      queue.turn ??= turns.append(queue);

      function remove(): void {
        isWaiting = false;
        clearTimeout(timer);
        queue.waiters.remove(link);
        queue.waiting -= 1;
        waiting -= 1;
        if (queue.waiting === 0 && queue.turn !== null) {
          turns.remove(queue.turn);
          queue.turn = null;
        }
      }
    });
  }

  function acquire(queue: Queue): Promise<(() => void) | null> {
    if (active < maxConcurrent) {
      active += 1;
      return Promise.resolve(createRelease(queue));
    }
    const limit = capacity();
    if (waiting >= limit) {
      const other = limit === 0 ? undefined : queueBeyondShare(queue.active + queue.waiting);
      if (other === undefined) {
        refused.queue_full += 1;
        removeIfEmpty(queue);
        return Promise.resolve(null);
      }
      other.waiters.last()?.refuse('displaced');
    }
    return wait(queue);
  }

  /** Whether a caller that begins to wait soon would find no place. */
  function isFullFor(key: string): boolean {
    const limit = capacity();
    // Places that are only reserved do not fill the queue: another dependency may hold their callers up.
    if (active < maxConcurrent || waiting < Math.min(1, limit)) return false;
    if (waiting + reserved < limit) return false;
    const own = queues.get(key);
    const callers = own === undefined ? 0 : own.active + own.waiting + own.reserved;
    return hasItsShare(callers);
  }

  return {
    reserve(key) {
      if (isFullFor(key)) {
        refused.queue_full += 1;
        return null;
      }
      const queue = queueOf(key);
      queue.reserved += 1;
      reserved += 1;
      let isReserved = true;
      const endReservation = () => {
        isReserved = false;
        queue.reserved -= 1;
        reserved -= 1;
      };
      return {
        acquire() {
          endReservation();
          return acquire(queue);
        },
        leave() {
          if (!isReserved) return;
          endReservation();
          removeIfEmpty(queue);
        },
      };
    },
    stats: () => ({ active, waiting, refused: { ...refused } }),
  };
}
