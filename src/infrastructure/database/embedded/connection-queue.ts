import { databaseUnavailable } from '../postgres/errors.ts';

/** How many callers wait at most, and how long each one does. */
export interface ConnectionQueueLimits {
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
}

/** Lets one caller after the other have the only connection, in the order they came. */
export interface ConnectionQueue {
  /** @throws DomainError `unavailable` when too many wait, or when the turn did not come in time. */
  take<T>(work: () => Promise<T>): Promise<T>;
  /** Whether somebody has the turn. */
  readonly taken: boolean;
  /** How many wait now. */
  readonly waiting: number;
  /** Resolves when nobody has the turn; from then on nobody gets it. */
  close(): Promise<void>;
}

/** Free, taken with a queue behind it, or closed. */
export function createConnectionQueue(limits: ConnectionQueueLimits): ConnectionQueue {
  const queue: (() => void)[] = [];
  let taken = false;
  let closing: Promise<void> | undefined;

  /** Resolves with the turn. Without limits it waits for ever. */
  async function wait(bounds?: ConnectionQueueLimits): Promise<void> {
    if (!taken) {
      taken = true;
      return;
    }
    if (bounds !== undefined && queue.length >= bounds.maxWaiting) {
      throw databaseUnavailable(new Error('too many callers wait for the database'));
    }
    await new Promise<void>((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const start = (): void => {
        clearTimeout(timer);
        resolve();
      };
      queue.push(start);
      if (bounds === undefined) return;
      timer = setTimeout(() => {
        queue.splice(queue.indexOf(start), 1);
        reject(databaseUnavailable(new Error(`no turn within ${bounds.maxWaitMs} ms`)));
      }, bounds.maxWaitMs);
    });
  }

  function pass(): void {
    const next = queue.shift();
    if (next === undefined) taken = false;
    else next();
  }

  return {
    get taken() {
      return taken;
    },
    get waiting() {
      return queue.length;
    },
    async take(work) {
      if (closing !== undefined) throw databaseUnavailable(new Error('the database is closed'));
      await wait(limits);
      try {
        return await work();
      } finally {
        pass();
      }
    },
    close() {
      closing ??= wait();
      return closing;
    },
  };
}
