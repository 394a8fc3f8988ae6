/** A pause that a notification ends early. A notification while nothing waits ends the next pause at once. */
export interface WakeupSignal {
  wait(timeoutMs: number): Promise<void>;
  notify(): void;
}

export function createWakeupSignal(): WakeupSignal {
  let notified = false;
  let wake: (() => void) | null = null;
  return {
    wait(timeoutMs) {
      if (notified) {
        notified = false;
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const finish = (): void => {
          clearTimeout(timer);
          wake = null;
          notified = false;
          resolve();
        };
        const timer = setTimeout(finish, timeoutMs);
        wake = finish;
      });
    },
    notify() {
      notified = true;
      wake?.();
    },
  };
}
