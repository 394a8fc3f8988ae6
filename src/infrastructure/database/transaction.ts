import type { RequestDeadline } from '../../domain/ports.ts';
import { deadlineOver } from '../../domain/rejections.ts';
import type { SqlConnection } from './sql.ts';

/** The connection that a transaction runs on; errors are translated. */
export interface TransactionSession {
  readonly connection: SqlConnection;
  /** @returns the command that the database says it completed, in capitals. */
  command(statement: 'begin' | 'commit' | 'rollback'): Promise<string>;
  /** Whether the connection is unusable. */
  isBroken(): boolean;
}

/**
 * Commits when `work` returns, rolls back when it throws. Later statements of `work` are rejected, since the connection
 * may be in another transaction by then.
 * @param deadline after it, no statement is sent and the transaction is rolled back
 * @throws Error when a statement failed and `work` returned all the same: PostgreSQL has rolled back then.
 */
export async function runTransaction<T>(
  session: TransactionSession,
  work: (connection: SqlConnection) => Promise<T>,
  deadline?: RequestDeadline,
): Promise<T> {
  if (deadline?.isOver() === true) throw deadlineOver();
  let open = true;
  const connection: SqlConnection = {
    query(text, values, name) {
      if (deadline?.isOver() === true) return Promise.reject(deadlineOver());
      if (open) return session.connection.query(text, values, name);
      return Promise.reject(new Error('a statement was sent after the end of its transaction'));
    },
  };
  await session.command('begin');
  let result: T;
  try {
    result = await work(connection);
  } catch (error) {
    open = false;
    if (!session.isBroken()) await rollBack(session);
    throw error;
  }
  open = false;
  if (deadline?.beginCommit() === false) {
    await rollBack(session);
    throw deadlineOver();
  }
  // PostgreSQL completes COMMIT as ROLLBACK, without an error, when a statement of the transaction failed.
  if ((await session.command('commit')) !== 'COMMIT') {
    throw new Error('a statement of the transaction failed, and its error was ignored');
  }
  return result;
}

/** Ignores its own failure, so that the caller sees the reason. A lost connection rolls back by itself. */
async function rollBack(session: TransactionSession): Promise<void> {
  try {
    await session.command('rollback');
  } catch {
    // The session is marked as broken, and its connection is closed.
  }
}
