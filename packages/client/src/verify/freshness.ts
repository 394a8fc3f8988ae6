/** Up to when everything that was revoked is known. */
export interface Freshness {
  /** `loading` until the first confirmation. */
  state(): 'loading' | 'fresh' | 'stale';
  /** Everything that was revoked before this moment is in the set. @param atMs of `performance.now()` */
  confirm(atMs: number): void;
  /** Since the moment that was confirmed last; null before. */
  ageMs(): number | null;
  /** Resolves at the first confirmation, or after the time in which one is due. */
  settled: Promise<void>;
  close(): void;
}

/**
 * Keeps the age of what is known. It is compared at each check and not by a timer alone: a process that was stopped for a
 * while finds itself stale before it runs its timers.
 * @param onChange called when the state may be another one
 */
export function createFreshness(maxStalenessMs: number, onChange: () => void): Freshness {
  let asOfMs: number | null = null;
  let settle = (): void => undefined;
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  let timer = setTimeout(late, maxStalenessMs);
  timer.unref();

  function late(): void {
    settle();
    onChange();
  }

  return {
    state() {
      if (asOfMs === null) return 'loading';
      return performance.now() - asOfMs <= maxStalenessMs ? 'fresh' : 'stale';
    },
    confirm(atMs) {
      if (asOfMs !== null && atMs <= asOfMs) return;
      asOfMs = atMs;
      settle();
      clearTimeout(timer);
      timer = setTimeout(late, Math.max(1, atMs + maxStalenessMs - performance.now() + 1));
      timer.unref();
      onChange();
    },
    ageMs: () => (asOfMs === null ? null : performance.now() - asOfMs),
    settled,
    close() {
      clearTimeout(timer);
      settle();
    },
  };
}
