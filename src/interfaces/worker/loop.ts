import type { Logger } from '../../domain/ports.ts';
import { createOutageLog } from '../../lib/outage-log.ts';

interface Task {
  readonly name: string;
  /** Pause between the end of one run and the start of the next, in milliseconds. */
  readonly intervalMs: number;
  /** Pause before the first run, in milliseconds; none by default. */
  readonly firstAfterMs?: number;
  run(): Promise<unknown>;
}

interface Deps {
  readonly logger: Logger;
}

export interface Loop {
  /** Begins the next run now, or right after the current one. */
  runSoon(): void;
  /** Waits for the current run, and starts no further one. */
  stop(): Promise<void>;
}

/**
 * Runs a task repeatedly, one run at a time. The first failure after a success is logged, and so is the recovery. After
 * a failure the next run follows after the usual pause: each task has deadlines that bound a failing dependency.
 */
export function startLoop(task: Task, { logger }: Deps): Loop {
  const outage = createOutageLog({
    onOutage: (error) => logger.warn('background task failed', { task: task.name, error }),
    onRecovery: (failures) =>
      logger.info('background task works again', { task: task.name, failures }),
  });
  let wake: (() => void) | undefined;
  let stopped = false;
  let soon = false;
  const finished = repeat();

  return {
    runSoon() {
      soon = true;
      wake?.();
    },
    stop() {
      stopped = true;
      wake?.();
      return finished;
    },
  };

  async function repeat(): Promise<void> {
    if (task.firstAfterMs !== undefined) await pause(task.firstAfterMs);
    while (!stopped) {
      soon = false;
      await runOnce();
      if (!stopped && !soon) await pause(task.intervalMs);
    }
  }

  async function runOnce(): Promise<void> {
    try {
      await task.run();
      outage.succeeded();
    } catch (error) {
      outage.failed(error);
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
