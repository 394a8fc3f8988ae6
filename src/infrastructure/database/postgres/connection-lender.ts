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

/** Callers that wait for a connection; with more of them the queue only makes everybody late. */
const MAX_WAITING = 10_000;

/** How long a connection beyond `max_idle_conns` must have been superfluous before it is closed, in milliseconds. */
const TRIM_INTERVAL_MS = 1_000;

/** A connection while somebody has it. Errors come as the driver reports them. */
export interface PooledConnection extends SqlConnection {
  /** Runs a statement without values. @returns the command that the server says it completed. */
  command(statement: string): Promise<string>;
  /** Whether something happened after which the connection must not be used again. */
  readonly broken: boolean;
}

/** Lends the connections of a pool, each to one caller at a time. */
export interface ConnectionLender {
  /** @throws DomainError `unavailable` when no connection came free in time, or after `close`. */
  lend<T>(work: (checkout: PooledConnection) => Promise<T>): Promise<T>;
  /** Refuses new callers, waits for those who have or wait for a connection, and ends the pool. */
  close(): Promise<void>;
}

/**
 * Open, closing or closed. What the work throws decides nothing: a connection is closed when one of its own statements
 * broke it, or when enough others were idle for a while.
 */
export function createConnectionLender(
  pool: Pool,
  maxIdleConns: number,
  statements: StatementNames,
): ConnectionLender {
  let callers = 0;
  let closing: Promise<void> | undefined;
  let lastLeft: () => void = () => {};
  /** Fewest connections that were idle at any moment since the last trimming. */
  let leastIdle = 0;
  // The idle one may have reached its lifetime just now; that another cannot be opened is for those to say who need it.
  const trimming = setInterval(() => trim().catch(() => {}), TRIM_INTERVAL_MS).unref();

  async function checkOut<T>(work: (checkout: PooledConnection) => Promise<T>): Promise<T> {
    const client = await acquire(pool);
    leastIdle = Math.min(leastIdle, pool.idleCount);
    const checkout = createCheckout(client, statements);
    try {
      return await work(checkout);
    } finally {
      client.release(checkout.broken);
    }
  }

  /**
   * Closes what nobody needed for a whole interval. Closing at once what is given back would make a steady load open a
   * connection anew, at the cost of a hundred statements, whenever a few of its callers happen to be done together.
   */
  async function trim(): Promise<void> {
    const superfluous = Math.min(leastIdle, pool.idleCount) - maxIdleConns;
    leastIdle = pool.idleCount;
    for (let closed = 0; closed < superfluous && pool.idleCount > maxIdleConns; closed += 1) {
      // An idle connection, so this neither waits nor connects.
      (await pool.connect()).release(true);
    }
  }

  /** The pool itself would leave those who wait for a connection without an answer. */
  async function drain(): Promise<void> {
    clearInterval(trimming);
    if (callers > 0) {
      await new Promise<void>((resolve) => {
        lastLeft = resolve;
      });
    }
    await pool.end();
  }

  return {
    async lend(work) {
      if (closing !== undefined) throw databaseUnavailable(new Error('the database is closed'));
      callers += 1;
      try {
        return await checkOut(work);
      } finally {
        callers -= 1;
        if (callers === 0) lastLeft();
      }
    },
    close() {
      closing ??= drain();
      return closing;
    },
  };
}

/** @throws DomainError `unavailable`, whatever kept the connection from coming: a password that changed, too. */
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

function createCheckout(client: PoolClient, statements: StatementNames): PooledConnection {
  let broken = false;
  async function watch<T>(call: Promise<T>): Promise<T> {
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
      const result = await watch(client.query(config));
      return {
        rows: result.rows as Row[],
        rowCount: result.rowCount ?? 0,
      } satisfies SqlResult<Row>;
    },
    async command(statement) {
      return (await watch(client.query(statement))).command;
    },
  };
}
