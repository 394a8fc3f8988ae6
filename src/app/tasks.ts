import type { Logger } from '../domain/ports.ts';
import { startLoop } from '../interfaces/worker/loop.ts';

/** Ends one background task, after its current run. */
export type EndWork = () => Promise<unknown>;

/** How often old rows are deleted. */
export const MAINTENANCE_INTERVAL_MS = 60_000;
/** Not during the start, which it would delay. */
export const FIRST_MAINTENANCE_MS = 2_000;
/** Rows that one statement deletes. */
export const ROWS_PER_ROUND = 5_000;
const MAX_ROUNDS = 20;

/** Starts tasks, and collects what ends them. */
export type Tasks = ReturnType<typeof createTasks>;

export function createTasks(logger: Logger) {
  const ends: EndWork[] = [];
  const start = (task: Parameters<typeof startLoop>[0]): ReturnType<typeof startLoop> => {
    const loop = startLoop(task, { logger });
    ends.push(() => loop.stop());
    return loop;
  };
  return {
    ends,
    start,
    repeat(name: string, intervalMs: number, run: () => Promise<unknown>): void {
      start({ name, intervalMs, run });
    },
    /** Deletes what is too old. */
    maintain(name: string, run: () => Promise<unknown>): void {
      start({ name, intervalMs: MAINTENANCE_INTERVAL_MS, firstAfterMs: FIRST_MAINTENANCE_MS, run });
    },
    /** @returns begins a run at once */
    serve(name: string, intervalMs: number, run: () => Promise<void>): () => void {
      const loop = start({ name, intervalMs, run });
      return () => loop.runSoon();
    },
  };
}

/** Deletes in rounds, so that no statement is long; the bound is what a very busy service leaves in a minute. */
export async function inRounds(remove: () => Promise<number>): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if ((await remove()) < ROWS_PER_ROUND) return;
  }
}
