import type { ServiceAccountRepository } from '../../domain/service-account/service-account-repository.ts';

interface Deps {
  readonly accounts: Pick<ServiceAccountRepository, 'markKeysUsed'>;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

/** Shortest time between two writes for one key. */
const INTERVAL_MS = 60_000;
/** Most keys that are remembered. Beyond it, uses are noted again sooner; the database still keeps the interval. */
const MAX_KEYS = 10_000;

export type KeyUsageWriter = Pick<ReturnType<typeof createKeyUsage>, 'write'>;

/**
 * Notes the last use of service keys. A request only marks its key in memory; `write` stores the marks, at most one a
 * minute for each key.
 */
export function createKeyUsage({ accounts, monotonicMs }: Deps) {
  /** Key id to the time of the last mark. */
  const marked = new Map<string, number>();
  let waiting = new Set<string>();

  return {
    record(keyId: string): void {
      const now = monotonicMs();
      const last = marked.get(keyId);
      if (last !== undefined && now - last < INTERVAL_MS) return;
      if (marked.size >= MAX_KEYS) marked.clear();
      marked.set(keyId, now);
      if (waiting.size < MAX_KEYS) waiting.add(keyId);
    },

    /** @throws DomainError `unavailable`; the marks are kept for the next call */
    async write(): Promise<void> {
      if (waiting.size === 0) return;
      const ids = waiting;
      waiting = new Set();
      try {
        await accounts.markKeysUsed([...ids]);
      } catch (error) {
        for (const id of ids) if (waiting.size < MAX_KEYS) waiting.add(id);
        throw error;
      }
    },
  };
}
