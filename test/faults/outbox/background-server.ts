import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Database } from '../../../src/infrastructure/database/sql.ts';
import { type RunningProcess, startProcess } from '../../support/child-process.ts';
import type { ConnectionOptions } from '../../support/postgres-server.ts';

/** Starts a process that serves waiting registrations and requests for mails; it ends with the test. */
export async function startBackgroundServer(
  connection: ConnectionOptions,
): Promise<RunningProcess> {
  const child = fileURLToPath(new URL('../../support/challenge-child.ts', import.meta.url));
  const args = ['--import', 'tsx', child, JSON.stringify(connection)];
  const server = await startProcess(process.execPath, args);
  onTestFinished(async () => void (await server.kill()));
  return server;
}

export async function countRows(database: Pick<Database, 'query'>, table: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `select count(*)::integer as count from ${table}`,
  );
  return rows[0]?.count ?? 0;
}
