/** When a breaker opens, and how often it probes while it is open. */
export interface CircuitBreakerOptions {
  /** Milliseconds of a monotonic clock. */
  readonly nowMs: () => number;
  /** Opens after this many failures in a row. */
  readonly consecutiveFailures?: number;
  /** Opens when this share of a window's attempts failed, once there are `minAttempts` of them. */
  readonly failureRatio?: number;
  readonly minAttempts?: number;
  readonly windowMs?: number;
  /** While open, one attempt is permitted per interval. */
  readonly probeIntervalMs?: number;
  readonly onChange?: (isOpen: boolean) => void;
}

/** Permission for one attempt; pass it back with the outcome. */
export type Permit = 'normal' | 'probe';

/**
 * Stops calls to a failing dependency. Closed: every attempt is permitted. Open: one probe per interval is permitted. A
 * successful probe closes the breaker; outcomes of attempts that began before it opened are ignored while it is open.
 */
export interface CircuitBreaker {
  /** @returns null when the attempt must not be made. */
  acquire(): Permit | null;
  record(permit: Permit, succeeded: boolean): void;
  isOpen(): boolean;
  /** How often it has opened. */
  openings(): number;
}

/**
 * Creates a closed breaker. By default it opens after five failures in a row, or when half of at least 20 attempts in
 * 10 s failed, and then permits one probe a second.
 */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { nowMs, onChange = () => undefined } = options;
  const { consecutiveFailures = 5, failureRatio = 0.5, minAttempts = 20 } = options;
  const { windowMs = 10_000, probeIntervalMs = 1_000 } = options;
  let isOpen = false;
  let nextProbeAtMs = 0;
  let failuresInARow = 0;
  let openings = 0;
  let window = { startedAtMs: nowMs(), attempts: 0, failures: 0 };

  function change(open: boolean): void {
    isOpen = open;
    failuresInARow = 0;
    window = { startedAtMs: nowMs(), attempts: 0, failures: 0 };
    nextProbeAtMs = nowMs() + probeIntervalMs;
    if (open) openings += 1;
    onChange(open);
  }

  return {
    acquire() {
      if (!isOpen) return 'normal';
      const now = nowMs();
      if (now < nextProbeAtMs) return null;
      nextProbeAtMs = now + probeIntervalMs;
      return 'probe';
    },
    record(permit, succeeded) {
      if (isOpen) {
        if (permit === 'probe' && succeeded) change(false);
        return;
      }
      if (nowMs() - window.startedAtMs >= windowMs) {
        window = { startedAtMs: nowMs(), attempts: 0, failures: 0 };
      }
      window.attempts += 1;
      if (succeeded) {
        failuresInARow = 0;
        return;
      }
      failuresInARow += 1;
      window.failures += 1;
      const tooMany =
        window.attempts >= minAttempts && window.failures >= window.attempts * failureRatio;
      if (failuresInARow >= consecutiveFailures || tooMany) change(true);
    },
    isOpen: () => isOpen,
    openings: () => openings,
  };
}
