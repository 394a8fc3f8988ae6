import type { RedisGuard } from './redis-guard.ts';

/** How invalidations reach Redis. */
export interface PendingInvalidationsDeps {
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  readonly guard: Pick<RedisGuard, 'executeAlways' | 'executeUncounted' | 'onReconnected'>;
  /** Deletes keys; rejects when some may be left. */
  readonly deleteKeys: (keys: readonly string[]) => Promise<void>;
}

/**
 * Invalidations that Redis has not acknowledged, and those of the last 10 s. The pending ones are repeated until they
 * are acknowledged, so that an old value does not outlive an outage. The recent ones are repeated after each
 * reconnection, since a promoted replica or a restored snapshot may have missed them. `models/cache-lease.pml` is the
 * protocol.
 */
export interface PendingInvalidations {
  /** Deletes the keys now, and repeats the deletion later until it succeeds. Rejects when the first attempt fails. */
  deliver(keys: readonly string[]): Promise<void>;
  /** Whether the key's deletion is not acknowledged: do not trust its cached value. */
  isPending(key: string): boolean;
  /** Repeats what is not acknowledged. Never rejects. */
  flush(): Promise<void>;
  /** Pending keys dropped at the bound; their values live until they expire or are invalidated again. */
  dropped(): number;
  close(): void;
}

/** Bound of the pending keys, and of the recent ones. */
const MAX_KEYS = 20_000;
const RECENT_MS = 10_000;
const RETRY_MS = 250;
const BATCH_SIZE = 500;

export function createPendingInvalidations(deps: PendingInvalidationsDeps): PendingInvalidations {
  const { nowMs, guard } = deps;
  /** Key to the number of its latest deletion, so that an older acknowledgement does not count for a newer deletion. */
  const pending = new Map<string, number>();
  /** Key to the time of its latest deletion. */
  const recent = new Map<string, number>();
  let deletions = 0;
  let dropped = 0;
  let flushing = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  function add(keys: readonly string[], deletion: number): void {
    const now = nowMs();
    for (const key of keys) {
      pending.delete(key);
      pending.set(key, deletion);
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

  function acknowledge(entries: readonly (readonly [string, number])[]): void {
    for (const [key, deletion] of entries) {
      if (pending.get(key) === deletion) pending.delete(key);
    }
  }

  async function flush(): Promise<void> {
    if (flushing) return;
    flushing = true;
    try {
      while (pending.size > 0 && !closed) {
        const batch = firstOf(pending, BATCH_SIZE);
        await guard.executeUncounted(() => deps.deleteKeys(batch.map(([key]) => key)));
        acknowledge(batch);
      }
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

  guard.onReconnected(() => {
    deletions += 1;
    const since = nowMs() - RECENT_MS;
    for (const [key, at] of recent) if (at > since) pending.set(key, deletions);
    void flush();
  });

  return {
    async deliver(keys) {
      deletions += 1;
      const deletion = deletions;
      add(keys, deletion);
      try {
        await guard.executeAlways(() => deps.deleteKeys(keys));
      } catch (error) {
        retryLater();
        throw error;
      }
      acknowledge(keys.map((key) => [key, deletion] as const));
    },
    isPending: (key) => pending.size > 0 && pending.has(key),
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
