import type { SqlConnection } from './sql.ts';

/** The connection that a transaction runs on; errors are translated. */
export interface TransactionSession {
  readonly connection: SqlConnection;
  /** Runs a command. @returns the command that the database says it completed, in capitals. */
  command(statement: 'begin' | 'commit' | 'rollback'): Promise<string>;
  /** Whether nothing can be done on the connection any more. */
  isBroken(): boolean;
}

/**
 * Commits what `work` did when it returns, rolls back when it throws. After the end nothing more runs on the
 * connection, which by then may be in another transaction.
 */
export async function runTransaction<T>(
  session: TransactionSession,
  work: (connection: SqlConnection) => Promise<T>,
): Promise<T> {
  let open = true;
  const connection: SqlConnection = {
    query(text, values, name) {
      if (open) return session.connection.query(text, values, name);
      return Promise.reject(new Error('a statement came after the end of its transaction'));
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
  // COMMIT of a transaction in which a statement failed is a ROLLBACK, and no error.
  if ((await session.command('commit')) !== 'COMMIT') {
    throw new Error('a statement of the transaction failed, and its error was ignored');
  }
  return result;
}

/** The reason of the rollback counts, not what hinders it: a lost connection rolls back by itself. */
async function rollBack(session: TransactionSession): Promise<void> {
  try {
    await session.command('rollback');
  } catch {
    // The session knows that it is broken, and the connection is closed.
  }
}
