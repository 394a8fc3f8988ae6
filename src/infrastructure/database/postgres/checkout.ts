import type { Pool, PoolClient } from 'pg';
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

/** A connection while somebody has it. Errors come as the driver reports them. */
export interface Checkout extends SqlConnection {
  /** Runs a statement without values. @returns the command that the server says it completed. */
  command(statement: string): Promise<string>;
  /** Whether something happened after which the connection must not be used again. */
  readonly broken: boolean;
}

/** Lends a connection of the pool to `work`. */
export type UseConnection = <T>(work: (checkout: Checkout) => Promise<T>) => Promise<T>;

/**
 * Lends connections, each to one caller at a time. What `work` throws decides nothing: a connection is closed when one
 * of its own statements broke it, or when enough others are idle.
 */
export function createConnectionUse(
  pool: Pool,
  maxIdleConns: number,
  statements: StatementNames,
): UseConnection {
  return async (work) => {
    const client = await acquire(pool);
    const checkout = createCheckout(client, statements);
    try {
      return await work(checkout);
    } finally {
      const superfluous = pool.waitingCount === 0 && pool.idleCount >= maxIdleConns;
      client.release(checkout.broken || superfluous);
    }
  };
}

/** @throws DomainError `unavailable` when none came in time; what the server says when it refuses this client. */
async function acquire(pool: Pool): Promise<PoolClient> {
  if (pool.waitingCount >= MAX_WAITING) {
    throw databaseUnavailable(new Error('too many callers wait for a connection'));
  }
  try {
    return await pool.connect();
  } catch (error) {
    throw translateDatabaseError(error);
  }
}

function createCheckout(client: PoolClient, statements: StatementNames): Checkout {
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
