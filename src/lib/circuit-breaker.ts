/** When a breaker opens, and how it finds its way back. */
export interface CircuitBreakerOptions {
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** Opens after so many failures in a row. */
  readonly consecutiveFailures?: number;
  /** Opens when this part of the attempts of a window failed, from `minAttempts` on. */
  readonly failureRatio?: number;
  readonly minAttempts?: number;
  readonly windowMs?: number;
  /** While open, one attempt is let through each time this has passed. */
  readonly probeIntervalMs?: number;
  readonly onChange?: (isOpen: boolean) => void;
}

/** What an attempt was let through as; handed back with its outcome. */
export type Permit = 'normal' | 'probe';

/**
 * Keeps callers away from what fails. Closed: everybody passes. Open: nobody, but for one probe an interval; the probe
 * that succeeds closes it again, and attempts that began before it opened decide nothing any more.
 */
export interface CircuitBreaker {
  /** @returns null when the attempt shall not be made. */
  enter(): Permit | null;
  leave(passage: Permit, succeeded: boolean): void;
  isOpen(): boolean;
  /** How often it has opened. */
  openings(): number;
}

/** Makes a closed breaker: five failures in a row, or half of at least 20 in 10 s; a probe a second. */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { nowMs, onChange = () => undefined } = options;
  const { consecutiveFailures = 5, failureRatio = 0.5, minAttempts = 20 } = options;
  const { windowMs = 10_000, probeIntervalMs = 1_000 } = options;
  let isOpen = false;
  let nextProbeAtMs = 0;
  let inARow = 0;
  let openings = 0;
  let window = { startedAtMs: nowMs(), attempts: 0, failures: 0 };

  function change(open: boolean): void {
    isOpen = open;
    inARow = 0;
    window = { startedAtMs: nowMs(), attempts: 0, failures: 0 };
    nextProbeAtMs = nowMs() + probeIntervalMs;
    if (open) openings += 1;
    onChange(open);
  }

  return {
    enter() {
      if (!isOpen) return 'normal';
      const now = nowMs();
      if (now < nextProbeAtMs) return null;
      nextProbeAtMs = now + probeIntervalMs;
      return 'probe';
    },
    leave(passage, succeeded) {
      if (isOpen) {
        if (passage === 'probe' && succeeded) change(false);
        return;
      }
      if (nowMs() - window.startedAtMs >= windowMs) {
        window = { startedAtMs: nowMs(), attempts: 0, failures: 0 };
      }
      window.attempts += 1;
      if (succeeded) {
        inARow = 0;
        return;
      }
      inARow += 1;
      window.failures += 1;
      const tooMany =
        window.attempts >= minAttempts && window.failures >= window.attempts * failureRatio;
      if (inARow >= consecutiveFailures || tooMany) change(true);
    },
    isOpen: () => isOpen,
    openings: () => openings,
  };
}
