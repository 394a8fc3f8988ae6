import { createSemaphore, type Semaphore } from '../../lib/semaphore.ts';

/** Longest wait for the equal requests of this process, in milliseconds; less than `server.request_deadline`. */
const WAIT_MS = 3_000;
/** Most requests that wait with one key. */
const MAX_WAITING = 100;

interface Entry {
  readonly semaphore: Semaphore;
  users: number;
}

/** Lets one request for each key run at a time in this process. It holds the keys of running requests only. */
export function createKeyedQueue() {
  const entries = new Map<string, Entry>();

  function leave(key: string, entry: Entry): void {
    entry.users -= 1;
    if (entry.users === 0) entries.delete(key);
  }

  return {
    /** @returns the function that admits the next one, to be called once; null when the key did not come free in time */
    async acquire(key: string): Promise<(() => void) | null> {
      const entry = entries.get(key) ?? {
        semaphore: createSemaphore({ maxConcurrent: 1, waitMs: WAIT_MS, maxWaiting: MAX_WAITING }),
        users: 0,
      };
      entries.set(key, entry);
      entry.users += 1;
      const release = await entry.semaphore.acquire();
      if (release === null) {
        leave(key, entry);
        return null;
      }
      return () => {
        release();
        leave(key, entry);
      };
    },
  };
}
