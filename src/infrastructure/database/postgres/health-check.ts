import { untilAborted } from '../../../lib/deadline.ts';
import type { SqlConnection } from '../sql.ts';
import { databaseUnavailable } from './errors.ts';
import { checkHealth } from './generated/health.queries.ts';

/** @throws DomainError `unavailable` when the signal aborts first. */
export async function runHealthCheck(
  connection: SqlConnection,
  signal: AbortSignal,
): Promise<void> {
  try {
    await untilAborted(signal, () => checkHealth.run(undefined, connection));
  } catch (error) {
    throw signal.aborted && error === signal.reason ? databaseUnavailable(error) : error;
  }
}
