import type { RequestDeadline } from '../../domain/ports.ts';
import { deadlineOver } from '../../domain/rejections.ts';
import type { SqlConnection, SqlResult, TransactionWork } from './sql.ts';

export interface SqlStatement {
  readonly text: string;
  readonly values?: readonly unknown[] | undefined;
  readonly name?: string | undefined;
}

/** What is sent with a statement. One that begins and commits is a transaction by itself. */
export interface Frame {
  readonly begin: boolean;
  readonly commit: boolean;
}

/** The connection that a transaction runs on; errors are translated. */
export interface TransactionSession {
  /** Runs a statement in its frame. When one part fails, those after it do not take place. */
  query<Row>(statement: SqlStatement, frame: Frame): Promise<SqlResult<Row>>;
  commit(): Promise<void>;
  rollBack(): Promise<void>;
  /** Whether the connection is unusable. */
  isBroken(): boolean;
}

/**
 * Commits when `work` returns, rolls back when it throws. Later statements of `work` are rejected, since the connection
 * may be in another transaction by then. The transaction begins with its first statement, in one round trip; without
 * one, nothing is sent.
 * @param deadline after it, no statement is sent and the transaction is rolled back
 * @throws Error when a statement failed and `work` returned all the same: PostgreSQL has rolled back then.
 */
export async function runTransaction<T>(
  session: TransactionSession,
  work: TransactionWork<T>,
  deadline?: RequestDeadline,
): Promise<T> {
  if (deadline?.isOver() === true) throw deadlineOver();
  let isOpen = true;
  let hasBegun = false;
  let commitsWithNext = false;
  const connection: SqlConnection = {
    async query<Row>(text: string, values?: readonly unknown[], name?: string) {
      if (deadline?.isOver() === true) throw deadlineOver();
      if (!isOpen) throw new Error('a statement was sent after the end of its transaction');
      const frame = { begin: !hasBegun, commit: commitsWithNext };
      if (!frame.commit) {
        hasBegun = true;
        return session.query<Row>({ text, values, name }, frame);
      }
      if (deadline?.beginCommit() === false) throw deadlineOver();
      isOpen = false;
      const result = await session.query<Row>({ text, values, name }, frame);
      hasBegun = false;
      return result;
    },
  };
  let result: T;
  try {
    result = await work(connection, () => {
      commitsWithNext = true;
    });
  } catch (error) {
    isOpen = false;
    if (hasBegun && !session.isBroken()) await rollBack(session);
    throw error;
  }
  isOpen = false;
  if (!hasBegun) return result;
  if (deadline?.beginCommit() === false) {
    await rollBack(session);
    throw deadlineOver();
  }
  await session.commit();
  return result;
}

/**
 * PostgreSQL completes COMMIT as ROLLBACK, without an error, when a statement of the transaction failed.
 * @param command the command that the database says it completed, in capitals
 */
export function assertCommitted(command: string): void {
  if (command !== 'COMMIT') {
    throw new Error('a statement of the transaction failed, and its error was ignored');
  }
}

/** Ignores its own failure, so that the caller sees the reason. A lost connection rolls back by itself. */
async function rollBack(session: TransactionSession): Promise<void> {
  try {
    await session.rollBack();
  } catch {
    // The session is marked as broken, and its connection is closed.
  }
}
