/** A clock that runs as another one does, and can be moved forward. */
export interface FakeClock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  nowSeconds(): number;
  /** Moves it forward, and wakes what waits for it. */
  advance(ms: number): void;
  /** Called after each move. @returns removes the listener */
  onMove(listener: () => void): () => void;
}

export function createFakeClock(now: () => number): FakeClock {
  const listeners = new Set<() => void>();
  let aheadMs = 0;
  const nowMs = (): number => now() + aheadMs;
  return {
    nowMs,
    nowSeconds: () => Math.floor(nowMs() / 1_000),
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError('advance: the milliseconds must not be negative');
      aheadMs += ms;
      for (const listener of [...listeners]) listener();
    },
    onMove(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
