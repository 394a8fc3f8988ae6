/** How an outage is reported. */
export interface OutageLogOptions {
  /** The first failure after a success. */
  readonly onOutage: (error: unknown) => void;
  /** The first success after `quietMs` without a failure. @param failures how many there were */
  readonly onRecovery: (failures: number) => void;
  /** How long no attempt may have failed before a success counts as the recovery, in milliseconds; 0 by default. */
  readonly quietMs?: number;
  /** A monotonic clock; needed with `quietMs` only. */
  readonly nowMs?: () => number;
}

/** Reports an outage in two lines, whatever the number of failed attempts: its beginning and its end. */
export interface OutageLog {
  failed(error: unknown): void;
  succeeded(): void;
}

/** Creates a log that has seen no failure. */
export function createOutageLog(options: OutageLogOptions): OutageLog {
  const { onOutage, onRecovery, quietMs = 0, nowMs = () => 0 } = options;
  let failures = 0;
  let lastFailureAtMs = 0;
  return {
    failed(error) {
      failures += 1;
      lastFailureAtMs = nowMs();
      if (failures === 1) onOutage(error);
    },
    succeeded() {
      if (failures === 0 || nowMs() - lastFailureAtMs < quietMs) return;
      const ended = failures;
      failures = 0;
      onRecovery(ended);
    },
  };
}
