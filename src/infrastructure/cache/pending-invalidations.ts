/** What the ledger is bounded by, and what it reaches the cache through. */
export interface PendingInvalidationsDeps {
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** Deletes keys; rejects when that is not certain. */
  readonly remove: (keys: readonly string[]) => Promise<void>;
}

/**
 * The deletions that are not acknowledged yet, and those of the last seconds. The first are repeated until they are:
 * an old value must not outlive an outage. The second are repeated after each reconnection, since a promoted replica or
 * a restored file may not know them.
 */
export interface PendingInvalidations {
  /** Deletes the keys now, and again later until it worked. Rejects as `remove` does. */
  deliver(keys: readonly string[]): Promise<void>;
  /** Whether a key's deletion is not acknowledged: its value must not be believed. */
  has(key: string): boolean;
  /** Repeats what was deleted lately. */
  repeatRecent(): void;
  /** Repeats what is not acknowledged. Never rejects. */
  flush(): Promise<void>;
  /** Deletions given up for the bound; their values live until they expire or are invalidated again. */
  dropped(): number;
  close(): void;
}

const MAX_KEYS = 20_000;
const RECENT_MS = 10_000;
const RETRY_MS = 250;
const BATCH = 500;

/** Makes an empty ledger. Memory: at most 2 × 20,000 keys. */
export function createPendingInvalidations(deps: PendingInvalidationsDeps): PendingInvalidations {
  const { nowMs, remove } = deps;
  /** By the number of the latest deletion, so that an older acknowledgement does not count for it. */
  const pending = new Map<string, number>();
  const recent = new Map<string, number>();
  let attempts = 0;
  let dropped = 0;
  let flushing = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  function note(keys: readonly string[], attempt: number): void {
    const now = nowMs();
    for (const key of keys) {
      pending.delete(key);
      pending.set(key, attempt);
      recent.delete(key);
      recent.set(key, now);
    }
    for (const [key, at] of recent) {
      if (recent.size <= MAX_KEYS && at > now - RECENT_MS) break;
      recent.delete(key);
    }
    for (const key of pending.keys()) {
      if (pending.size <= MAX_KEYS) break;
      pending.delete(key);
      dropped += 1;
    }
  }

  async function attemptRemoval(entries: readonly (readonly [string, number])[]): Promise<void> {
    await remove(entries.map(([key]) => key));
    for (const [key, attempt] of entries) {
      if (pending.get(key) === attempt) pending.delete(key);
    }
  }

  async function flush(): Promise<void> {
    if (flushing) return;
    flushing = true;
    try {
      while (pending.size > 0 && !closed) await attemptRemoval(firstOf(pending, BATCH));
    } catch {
      retryLater();
    } finally {
      flushing = false;
    }
  }

  function retryLater(): void {
    if (closed || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      void flush();
    }, RETRY_MS);
    timer.unref();
  }

  return {
    async deliver(keys) {
      attempts += 1;
      const attempt = attempts;
      note(keys, attempt);
      try {
        await attemptRemoval(keys.map((key) => [key, attempt] as const));
      } catch (error) {
        retryLater();
        throw error;
      }
    },
    has: (key) => pending.size > 0 && pending.has(key),
    repeatRecent() {
      attempts += 1;
      const since = nowMs() - RECENT_MS;
      for (const [key, at] of recent) if (at > since) pending.set(key, attempts);
      void flush();
    },
    flush,
    dropped: () => dropped,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function firstOf<K, V>(map: ReadonlyMap<K, V>, count: number): (readonly [K, V])[] {
  const found: (readonly [K, V])[] = [];
  for (const entry of map) {
    if (found.length >= count) break;
    found.push(entry);
  }
  return found;
}
