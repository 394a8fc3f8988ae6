import type { Logger } from '../../domain/ports.ts';

interface Task {
  readonly name: string;
  /** Pause between the end of one run and the start of the next, in milliseconds. */
  readonly intervalMs: number;
  run(): Promise<unknown>;
}

interface Deps {
  readonly logger: Logger;
}

/** A task that repeats until it is stopped. */
export interface Loop {
  /** Stops after the current run. */
  stop(): Promise<void>;
}

/**
 * Runs a task again and again, one run at a time. A failed run is logged when it is the first of its kind in a row,
 * and the next comes after the usual pause: each task's own deadlines bound what a failing dependency costs.
 */
export function startLoop(task: Task, deps: Deps): Loop {
  const { logger } = deps;
  let wake: (() => void) | undefined;
  let stopped = false;
  let failures = 0;
  const finished = repeat();

  return {
    stop() {
      stopped = true;
      wake?.();
      return finished;
    },
  };

  async function repeat(): Promise<void> {
    while (!stopped) {
      await runOnce();
      if (!stopped) await pause();
    }
  }

  async function runOnce(): Promise<void> {
    try {
      await task.run();
      if (failures > 0) logger.info('background task works again', { task: task.name, failures });
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === 1) logger.warn('background task failed', { task: task.name, error });
    }
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, task.intervalMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
