/** Runs work of one key after each other. */
export type KeyedTurns = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/**
 * Creates turns for any number of keys; a key without work takes no memory. Up to `maxWaiting` works of a key wait for
 * the ones before them; further ones run at once.
 */
export function createKeyedTurns(maxWaiting: number): KeyedTurns {
  const queues = new Map<string, { last: Promise<unknown>; waiting: number }>();

  return async (key, work) => {
    const queue = queues.get(key);
    if (queue !== undefined && queue.waiting >= maxWaiting) return await work();
    const current = queue ?? { last: Promise.resolve(), waiting: 0 };
    queues.set(key, current);
    current.waiting += 1;
    const mine = current.last.then(work);
    current.last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      current.waiting -= 1;
      if (current.waiting === 0) queues.delete(key);
    }
  };
}
