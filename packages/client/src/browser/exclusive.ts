/** Longest wait for another tab, in milliseconds. */
const ACQUIRE_MS = 2_000;

/** The part of `LockManager` that is used. */
export interface Locks {
  request<T>(
    name: string,
    options: { readonly signal: AbortSignal },
    work: () => Promise<T>,
  ): Promise<T>;
}

/** Does the work while no other tab of the browser does such work. */
export type Exclusive = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * Creates the function that lets one tab at a time change the session. The lock is a courtesy: the service answers tabs
 * that refresh at the same time alike. So whatever is wrong with the lock, a holder that hangs or a browser without
 * locks, the work is done without it. The work has to be bounded and must not throw.
 */
export function createExclusive(locks: Locks | undefined, name: string): Exclusive {
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (locks === undefined) return work();
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), ACQUIRE_MS);
    let begun: Promise<T> | undefined;
    try {
      await locks.request(name, { signal: waiting.signal }, () => {
        clearTimeout(timer);
        begun = work();
        return begun;
      });
    } catch {
      // Without the lock then.
    }
    clearTimeout(timer);
    return begun ?? work();
  };
}
