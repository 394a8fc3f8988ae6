import type { Logger } from '../../../domain/ports.ts';
import type { ConnectionQueue } from './connection-queue.ts';
import type { EmbeddedSession } from './session.ts';

/** Changed rows before the first clean-up; each later one waits for twice as many, up to the last number. */
const FIRST_AFTER_ROWS = 2_000;
const AT_MOST_AFTER_ROWS = 100_000;

/**
 * What a server's autovacuum does, which the engine has not: removes dead rows, flushes the search index's list of
 * pending entries, and gathers statistics for the planner.
 * @returns to be called after each turn; cheap unless enough rows have changed, and then others only wait in turn.
 */
export function createMaintenance(
  session: EmbeddedSession,
  turns: ConnectionQueue,
  logger: Logger | undefined,
): () => void {
  let nextAt = FIRST_AFTER_ROWS;
  let interval = FIRST_AFTER_ROWS;

  async function clean(): Promise<void> {
    try {
      await turns.take(() => session.execute('vacuum (analyze)'));
    } catch (error) {
      logger?.debug('The embedded database could not be cleaned up this time.', { error });
    }
  }

  return () => {
    if (session.changedRows < nextAt) return;
    interval = Math.min(interval * 2, AT_MOST_AFTER_ROWS);
    nextAt = session.changedRows + interval;
    void clean();
  };
}
