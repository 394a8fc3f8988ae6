import type { PoolClient, QueryConfig, QueryResult } from 'pg';
import type { SqlConnection, SqlResult } from '../sql.ts';
import type { Frame, SqlStatement } from '../transaction.ts';
import type { PendingChange } from './change-gate.ts';
import { breaksConnection, isReadOnly, isStalePlan, wasNeverSent } from './errors.ts';
import { FramedQuery, isPrepared } from './framed-query.ts';
import type { StatementNames } from './statement-names.ts';

/** A connection of the pool, held by one caller. Errors come as the driver reports them. */
export interface PooledConnection extends SqlConnection {
  /** Runs a statement without values. @returns the command that the server says it completed. */
  command(statement: 'begin' | 'commit' | 'rollback'): Promise<string>;
  /**
   * Runs a statement and the commands of its frame, where possible in one round trip.
   * @returns also the last command that the server completed; empty for a statement that is a transaction by itself
   */
  queryFramed<Row>(
    statement: SqlStatement,
    frame: Frame,
  ): Promise<SqlResult<Row> & { readonly lastCommand: string }>;
  /** Whether a commit was sent that may have taken place or not. */
  readonly outcomeUnknown: boolean;
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
  let outcomeUnknown = false;
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

  /** @param failedBefore whether an error that the server reported came before the commit */
  async function run<T>(
    send: () => Promise<T>,
    commits: boolean,
    failedBefore: () => boolean = () => false,
  ): Promise<T> {
    const pending = commits ? change : null;
    pending?.sent();
    try {
      const result = await limited(send());
      pending?.ended();
      return result;
    } catch (error) {
      const breaks = breaksConnection(error);
      broken ||= breaks;
      const isKnown = wasNeverSent(error) || (!mayStillCommit(error) && failedBefore());
      outcomeUnknown ||= commits && breaks && !isKnown;
      if (isStalePlan(error)) statements.renew();
      if (isReadOnly(error)) onReadOnly();
      if (unanswered === null && !mayStillCommit(error)) pending?.ended();
      else lostCommit ||= pending !== null;
      throw error;
    }
  }

  function configOf({ text, values = [], name }: SqlStatement): QueryConfig {
    const prepared = statements.of(name);
    const config: QueryConfig = { text, values: [...values] };
    if (prepared !== undefined) config.name = prepared;
    return config;
  }

  /** A command that this connection has prepared by an earlier round trip. */
  function preparedName(command: 'begin' | 'commit'): string | undefined {
    const name = statements.of(command);
    return name !== undefined && isPrepared(client, name) ? name : undefined;
  }

  async function command(statement: 'begin' | 'commit' | 'rollback'): Promise<string> {
    inTransaction = true;
    const config = configOf({ text: statement, name: statement });
    const result = await run(() => client.query(config), statement === 'commit');
    inTransaction = statement === 'begin';
    return result.command;
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
    get outcomeUnknown() {
      return outcomeUnknown;
    },
    async query<Row>(text: string, values?: readonly unknown[], name?: string) {
      const config = configOf({ text, values, name });
      return toResult<Row>(await run(() => client.query(config), !inTransaction));
    },
    async queryFramed<Row>(statement: SqlStatement, { begin, commit }: Frame) {
      const isAlone = begin && commit;
      const before = begin && !isAlone ? preparedName('begin') : undefined;
      const after = commit && !isAlone ? preparedName('commit') : undefined;
      if (begin && !isAlone) {
        if (before === undefined) await command('begin');
        inTransaction = true;
      }
      const query = new FramedQuery(configOf(statement), { before, after });
      const commits = isAlone || after !== undefined;
      const send = () => {
        client.query(query);
        return query.result;
      };
      const { rows, rowCount } = toResult<Row>(await run(send, commits, () => !query.isCompleted));
      if (after !== undefined) inTransaction = false;
      if (!commit || isAlone) return { rows, rowCount, lastCommand: '' };
      const lastCommand = after === undefined ? await command('commit') : query.lastCommand;
      return { rows, rowCount, lastCommand };
    },
    command,
  };
}

function toResult<Row>({ rows, rowCount }: QueryResult): SqlResult<Row> {
  return { rows: rows as Row[], rowCount: rowCount ?? 0 };
}

/** Whether the backend may go on after this error: every error that the server itself reports ends the statement. */
function mayStillCommit(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code !== 'string' || !/^(?!E)[0-9A-Z]{5}$/.test(code);
}
