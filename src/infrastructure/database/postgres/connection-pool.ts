import type { Pool, PoolClient } from 'pg';
import { DomainError } from '../../../domain/errors.ts';
import type { SqlConnection, SqlResult } from '../sql.ts';
import {
  breaksConnection,
  databaseUnavailable,
  isStalePlan,
  translateDatabaseError,
} from './errors.ts';
import type { StatementNames } from './statement-names.ts';

/** Callers that wait for a connection. A longer queue only makes every caller late. */
const MAX_WAITING = 10_000;

/** How long a connection beyond `max_idle_conns` must stay idle before it is closed, in milliseconds. */
const TRIM_INTERVAL_MS = 1_000;

/** A connection of the pool, held by one caller. Errors come as the driver reports them. */
export interface PooledConnection extends SqlConnection {
  /** Runs a statement without values. @returns the command that the server says it completed. */
  command(statement: string): Promise<string>;
  /** Whether an error occurred after which the connection must not be used again. */
  readonly broken: boolean;
}

/** Gives each connection of a pool to one caller at a time. */
export interface ConnectionPool {
  /** @throws DomainError `unavailable` when no connection is free in time, or after `close`. */
  withConnection<T>(work: (connection: PooledConnection) => Promise<T>): Promise<T>;
  /** Rejects new callers, waits for those that hold or wait for a connection, and ends the pool. */
  close(): Promise<void>;
}

/**
 * States: open, closing, closed. An error thrown by `work` does not close the connection. A connection is closed when
 * one of its own statements broke it, or when enough other connections were idle for a while.
 */
export function createConnectionPool(
  pool: Pool,
  maxIdleConns: number,
  statements: StatementNames,
): ConnectionPool {
  let callers = 0;
  let closing: Promise<void> | undefined;
  let onLastReleased: () => void = () => {};
  /** Smallest number of idle connections since the last trim. */
  let leastIdle = 0;
  // The idle connection may have reached its lifetime just now, so that `connect` opens another and fails. Callers that
  // need a connection report that.
  const trimming = setInterval(() => trim().catch(() => {}), TRIM_INTERVAL_MS).unref();

  async function runWithConnection<T>(
    work: (connection: PooledConnection) => Promise<T>,
  ): Promise<T> {
    const client = await acquire(pool);
    leastIdle = Math.min(leastIdle, pool.idleCount);
    const connection = createPooledConnection(client, statements);
    try {
      return await work(connection);
    } finally {
      client.release(connection.broken);
    }
  }

  /**
   * Closes the connections that stayed unused for a whole interval. Closing a connection as soon as it is released
   * would make a steady load reopen one, at the cost of a hundred statements, whenever a few callers finish together.
   */
  async function trim(): Promise<void> {
    const unused = Math.min(leastIdle, pool.idleCount) - maxIdleConns;
    leastIdle = pool.idleCount;
    for (let closed = 0; closed < unused && pool.idleCount > maxIdleConns; closed += 1) {
      // This takes an idle connection, so it neither waits nor connects.
      (await pool.connect()).release(true);
    }
  }

  /** Waits for the callers first: `pool.end` alone would leave those that wait for a connection without a result. */
  async function drain(): Promise<void> {
    clearInterval(trimming);
    if (callers > 0) {
      await new Promise<void>((resolve) => {
        onLastReleased = resolve;
      });
    }
    await pool.end();
  }

  return {
    async withConnection(work) {
      if (closing !== undefined) throw databaseUnavailable(new Error('the database is closed'));
      callers += 1;
      try {
        return await runWithConnection(work);
      } finally {
        callers -= 1;
        if (callers === 0) onLastReleased();
      }
    },
    close() {
      closing ??= drain();
      return closing;
    },
  };
}

/** @throws DomainError `unavailable` for any cause that prevents a connection, a changed password included. */
async function acquire(pool: Pool): Promise<PoolClient> {
  if (pool.waitingCount >= MAX_WAITING) {
    throw databaseUnavailable(new Error('too many callers wait for a connection'));
  }
  try {
    return await pool.connect();
  } catch (error) {
    const translated = translateDatabaseError(error);
    throw translated instanceof DomainError ? translated : databaseUnavailable(error);
  }
}

function createPooledConnection(client: PoolClient, statements: StatementNames): PooledConnection {
  let broken = false;
  async function recordFailure<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      broken ||= breaksConnection(error);
      if (isStalePlan(error)) statements.renew();
      throw error;
    }
  }
  return {
    get broken() {
      return broken;
    },
    async query<Row>(text: string, values: readonly unknown[] = [], name?: string) {
      const prepared = statements.of(name);
      const config = {
        text,
        values: [...values],
        ...(prepared === undefined ? {} : { name: prepared }),
      };
      const result = await recordFailure(client.query(config));
      return {
        rows: result.rows as Row[],
        rowCount: result.rowCount ?? 0,
      } satisfies SqlResult<Row>;
    },
    async command(statement) {
      return (await recordFailure(client.query(statement))).command;
    },
  };
}
