/** A pause that may be cut short; a ring while nobody waits cuts the next one. */
export interface WakeupSignal {
  wait(timeoutMs: number): Promise<void>;
  ring(): void;
}

/** Makes one that was not rung. */
export function createWakeupSignal(): WakeupSignal {
  let rung = false;
  let wake: (() => void) | null = null;
  return {
    wait(timeoutMs) {
      if (rung) {
        rung = false;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const finish = (): void => {
          clearTimeout(timer);
          wake = null;
          rung = false;
          resolve();
        };
        const timer = setTimeout(finish, timeoutMs);
        wake = finish;
      });
    },
    ring() {
      rung = true;
      wake?.();
    },
  };
}
