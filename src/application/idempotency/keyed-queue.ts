import { createSemaphore, type Semaphore } from '../../lib/semaphore.ts';

/** Longest wait for the equal requests of this process, in milliseconds; `server.request_deadline` is usually shorter. */
const WAIT_MS = 30_000;
/** Most requests that wait with one key. */
const MAX_WAITING = 100;

interface Entry<Result> {
  readonly semaphore: Semaphore;
  users: number;
  result: Result | null;
}

/** The turn of one request. */
export interface Turn<Result> {
  /** What an earlier request has left for those that waited; null when there is none. */
  readonly earlier: Result | null;
  /** Admits the next one; to be called once. */
  end(result: Result | null): void;
}

/** Lets one request for each key run at a time in this process. It holds the keys of running requests only. */
export function createKeyedQueue<Result>() {
  const entries = new Map<string, Entry<Result>>();

  function leave(key: string, entry: Entry<Result>): void {
    entry.users -= 1;
    if (entry.users === 0) entries.delete(key);
  }

  return {
    /** @returns null when the turn did not come in time, or too many wait */
    async acquire(key: string): Promise<Turn<Result> | null> {
      const entry = entries.get(key) ?? {
        semaphore: createSemaphore({ maxConcurrent: 1, waitMs: WAIT_MS, maxWaiting: MAX_WAITING }),
        users: 0,
        result: null,
      };
      entries.set(key, entry);
      entry.users += 1;
      const release = await entry.semaphore.acquire();
      if (release === null) {
        leave(key, entry);
        return null;
      }
      return {
        earlier: entry.result,
        end(result) {
          entry.result = result;
          release();
          leave(key, entry);
        },
      };
    },
  };
}
