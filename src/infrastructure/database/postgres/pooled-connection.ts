import type { PoolClient } from 'pg';
import type { SqlConnection, SqlResult } from '../sql.ts';
import type { PendingChange } from './change-gate.ts';
import { breaksConnection, isReadOnly, isStalePlan } from './errors.ts';
import type { StatementNames } from './statement-names.ts';

/** A connection of the pool, held by one caller. Errors come as the driver reports them. */
export interface PooledConnection extends SqlConnection {
  /** Runs a statement without values. @returns the command that the server says it completed. */
  command(statement: string): Promise<string>;
  /** Whether an error occurred after which the connection must not be used again. */
  readonly broken: boolean;
}

/** What the pool has to know when the caller is done. */
export interface HeldConnection extends PooledConnection {
  /** The statement that was not answered in time. */
  readonly unanswered: Promise<unknown> | null;
  readonly inTransaction: boolean;
  /** Whether the connection broke while a commit was on its way, so that its backend may still wait. */
  readonly lostCommit: boolean;
}

export interface HoldOptions {
  readonly statements: StatementNames;
  /** Longest wait for the answer to a statement, in milliseconds; 0 for no limit. */
  readonly answerMs: number;
  /** Null for reads. In a change every statement outside of a transaction commits. */
  readonly change: PendingChange | null;
  /** The server rejected a change because it is read-only. */
  readonly onReadOnly: () => void;
}

export function holdConnection(client: PoolClient, options: HoldOptions): HeldConnection {
  const { statements, answerMs, change, onReadOnly } = options;
  let broken = false;
  let lostCommit = false;
  let inTransaction = false;
  let unanswered: Promise<unknown> | null = null;

  /** Fails when the answer takes too long; the statement itself goes on. */
  function limited<T>(sent: Promise<T>): Promise<T> {
    if (answerMs === 0) return sent;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        unanswered = sent;
        reject(new Error('Query read timeout'));
      }, answerMs);
      sent.then(
        (result) => {
          clearTimeout(timer);
          resolve(result);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(error);
        },
      );
    });
  }

  async function run<T>(send: () => Promise<T>, commits: boolean): Promise<T> {
    const pending = commits ? change : null;
    pending?.sent();
    try {
      const result = await limited(send());
      pending?.ended();
      return result;
    } catch (error) {
      const breaks = breaksConnection(error);
      broken ||= breaks;
      if (isStalePlan(error)) statements.renew();
      if (isReadOnly(error)) onReadOnly();
      if (unanswered === null && !mayStillCommit(error)) pending?.ended();
      else lostCommit ||= pending !== null;
      throw error;
    }
  }

  return {
    get broken() {
      return broken;
    },
    get unanswered() {
      return unanswered;
    },
    get inTransaction() {
      return inTransaction;
    },
    get lostCommit() {
      return lostCommit;
    },
    async query<Row>(text: string, values: readonly unknown[] = [], name?: string) {
      const prepared = statements.of(name);
      const config = {
        text,
        values: [...values],
        ...(prepared === undefined ? {} : { name: prepared }),
      };
      const result = await run(() => client.query(config), !inTransaction);
      return {
        rows: result.rows as Row[],
        rowCount: result.rowCount ?? 0,
      } satisfies SqlResult<Row>;
    },
    async command(statement) {
      inTransaction = true;
      const result = await run(() => client.query(statement), statement === 'commit');
      inTransaction = statement === 'begin';
      return result.command;
    },
  };
}

/** Whether the backend may go on after this error: every error that the server itself reports ends the statement. */
function mayStillCommit(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code !== 'string' || !/^(?!E)[0-9A-Z]{5}$/.test(code);
}
