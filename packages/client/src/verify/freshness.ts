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

const EARLY_MS = 2;

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
  let timer: NodeJS.Timeout | undefined;

  function state(): 'loading' | 'fresh' | 'stale' {
    if (asOfMs === null) return 'loading';
    return performance.now() - asOfMs <= maxStalenessMs ? 'fresh' : 'stale';
  }

  function callLate(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(late, ms);
    timer.unref();
  }

  function late(): void {
    // A timer may run a little too early.
    if (state() === 'fresh') {
      callLate(EARLY_MS);
      return;
    }
    settle();
    onChange();
  }

  callLate(maxStalenessMs);

  return {
    state,
    confirm(atMs) {
      if (asOfMs !== null && atMs <= asOfMs) return;
      asOfMs = atMs;
      settle();
      callLate(Math.max(EARLY_MS, atMs + maxStalenessMs - performance.now()));
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
