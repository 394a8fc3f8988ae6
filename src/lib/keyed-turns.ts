import {
  createFairSemaphore,
  type FairSemaphore,
  type FairSemaphoreOptions,
} from './fair-semaphore.ts';

/**
 * Runs work of one key after each other. The clients that wait for a key take turns, so one with much work delays
 * another by one work only.
 */
export type KeyedTurns = <T>(key: string, client: string, work: () => Promise<T>) => Promise<T>;

/**
 * Creates turns for any number of keys; a key without work takes no memory. Work that finds too many others waiting, or
 * that has waited for too long, runs at once.
 */
export function createKeyedTurns(options: Omit<FairSemaphoreOptions, 'maxConcurrent'>): KeyedTurns {
  const queues = new Map<string, { readonly turns: FairSemaphore; callers: number }>();

  return async (key, client, work) => {
    const queue = queues.get(key) ?? {
      turns: createFairSemaphore({ ...options, maxConcurrent: 1 }),
      callers: 0,
    };
    queues.set(key, queue);
    queue.callers += 1;
    const release = await queue.turns.reserve(client)?.acquire();
    try {
      return await work();
    } finally {
      release?.();
      queue.callers -= 1;
      if (queue.callers === 0) queues.delete(key);
    }
  };
}
