import type { Logger } from '../../../domain/ports.ts';
import type { ConnectionQueue } from './connection-queue.ts';
import type { EmbeddedSession } from './session.ts';

/** Changed rows before the first vacuum. Each later one needs twice as many, up to the maximum. */
const FIRST_VACUUM_ROWS = 2_000;
const MAX_VACUUM_ROWS = 100_000;

/**
 * Replaces autovacuum, which the embedded engine lacks: removes dead rows, flushes the pending list of the search
 * index, and gathers statistics for the planner.
 * @returns a function to call after each use of the connection. It is cheap until enough rows have changed; then it
 * queues a vacuum, which other callers wait for.
 */
export function createMaintenance(
  session: EmbeddedSession,
  connectionQueue: ConnectionQueue,
  logger: Logger | undefined,
): () => void {
  let nextAt = FIRST_VACUUM_ROWS;
  let interval = FIRST_VACUUM_ROWS;

  async function vacuum(): Promise<void> {
    try {
      await connectionQueue.withConnection(() => session.execute('vacuum (analyze)'));
    } catch (error) {
      logger?.debug('Could not vacuum the embedded database; the next interval tries again.', {
        error,
      });
    }
  }

  return () => {
    if (session.changedRows < nextAt) return;
    interval = Math.min(interval * 2, MAX_VACUUM_ROWS);
    nextAt = session.changedRows + interval;
    void vacuum();
  };
}
