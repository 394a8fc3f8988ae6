import { untilAborted } from '../../../lib/deadline.ts';
import type { DatabaseCondition, SqlConnection } from '../sql.ts';
import { databaseUnavailable } from './errors.ts';
import { checkHealth } from './generated/health.queries.ts';

/** @throws DomainError `unavailable` when the signal aborts first. */
export async function runHealthCheck(
  connection: SqlConnection,
  signal: AbortSignal,
): Promise<DatabaseCondition> {
  try {
    const [row] = await untilAborted(signal, () => checkHealth.run(undefined, connection));
    return { readOnly: row?.read_only === true };
  } catch (error) {
    throw signal.aborted && error === signal.reason ? databaseUnavailable(error) : error;
  }
}
