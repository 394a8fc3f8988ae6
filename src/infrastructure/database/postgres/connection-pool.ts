import type { Pool, PoolClient } from 'pg';
import { DomainError } from '../../../domain/errors.ts';
import { monotonicMs } from '../../system/monotonic.ts';
import type { AbandonedConnections } from './abandoned-connections.ts';
import type { ChangeGate } from './change-gate.ts';
import { commitsUnconfirmed, databaseUnavailable, translateDatabaseError } from './errors.ts';
import { holdConnection, type PooledConnection } from './pooled-connection.ts';
import type { StatementNames } from './statement-names.ts';

/** Callers that wait for a connection. A longer queue only makes every caller late. */
export const MAX_WAITING = 10_000;

const RENEW_INTERVAL_MS = 1_000;

/** How long a connection beyond `max_idle_conns` must stay idle before it is closed, in milliseconds. */
const TRIM_INTERVAL_MS = 1_000;

export interface ConnectionPoolDeps {
  readonly statements: StatementNames;
  readonly gate: ChangeGate;
  readonly abandoned: AbandonedConnections;
}

export interface ConnectionPoolOptions {
  readonly maxIdleConns: number;
  /** Longest wait for the answer to a statement, in milliseconds; 0 for no limit. */
  readonly answerMs: number;
}

/** Gives each connection of a pool to one caller at a time. */
export interface ConnectionPool {
  /**
   * @param use a `change` may commit. It is rejected at once while the server does not confirm commits.
   * @throws DomainError `unavailable` when no connection is free in time, or after `close`.
   */
  withConnection<T>(
    use: 'read' | 'change',
    work: (connection: PooledConnection) => Promise<T>,
  ): Promise<T>;
  /** Replaces every connection that is open now before its next use; at most once a second. */
  renew(): void;
  /** Rejects new callers, waits for those that hold or wait for a connection, and ends the pool. */
  close(): Promise<void>;
}

/**
 * States: open, closing, closed. An error thrown by `work` does not close the connection. A connection is closed when
 * one of its own statements broke it, or when enough other connections were idle for a while. One whose statement was
 * not answered in time is abandoned: it keeps its place until the server has certainly ended the work.
 */
export function createConnectionPool(
  pool: Pool,
  { maxIdleConns, answerMs }: ConnectionPoolOptions,
  { statements, gate, abandoned }: ConnectionPoolDeps,
): ConnectionPool {
  let callers = 0;
  let closing: Promise<void> | undefined;
  let onLastReleased: () => void = () => {};
  /** When each connection was opened, and the time before which connections are replaced. */
  const openedAt = new WeakMap<PoolClient, number>();
  let renewedAt = Number.NEGATIVE_INFINITY;
  pool.on('connect', (client) => openedAt.set(client, monotonicMs()));
  /** Smallest number of idle connections since the last trim. */
  let leastIdle = 0;
  // The idle connection may have reached its lifetime just now, so that `connect` opens another and fails. Callers that
  // need a connection report that.
  const trimming = setInterval(() => trim().catch(() => {}), TRIM_INTERVAL_MS).unref();

  async function runRead<T>(work: (connection: PooledConnection) => Promise<T>): Promise<T> {
    return await runWithConnection(work, false, () => {});
  }

  async function runChange<T>(work: (connection: PooledConnection) => Promise<T>): Promise<T> {
    if (gate.isBlocked()) throw commitsUnconfirmed();
    const release = await gate.acquire();
    if (release === null) {
      throw gate.isBlocked()
        ? commitsUnconfirmed()
        : databaseUnavailable(new Error('no connection for changes came free in time'));
    }
    if (!gate.isBlocked()) return await runWithConnection(work, true, release);
    release();
    throw commitsUnconfirmed();
  }

  /** @param onFreed called once the server has no work of this caller any more */
  async function runWithConnection<T>(
    work: (connection: PooledConnection) => Promise<T>,
    changes: boolean,
    onFreed: () => void,
  ): Promise<T> {
    let client: PoolClient;
    try {
      client = await acquireCurrent();
    } catch (error) {
      onFreed();
      throw error;
    }
    leastIdle = Math.min(leastIdle, pool.idleCount);
    const change = changes ? gate.begin() : null;
    const held = holdConnection(client, { statements, answerMs, change, onReadOnly: renew });
    try {
      return await work(held);
    } finally {
      const finish = (): void => {
        change?.ended();
        onFreed();
      };
      const { unanswered: answer, inTransaction } = held;
      if (answer !== null || held.lostCommit) {
        abandoned.add({ client, answer, inTransaction, onFreed: finish });
      } else {
        client.release(held.broken);
        finish();
      }
    }
  }

  /** Closes connections from before the last renewal; each of them is met at most once. */
  async function acquireCurrent(): Promise<PoolClient> {
    for (;;) {
      const client = await acquire(pool);
      if ((openedAt.get(client) ?? renewedAt) >= renewedAt) return client;
      client.release(true);
    }
  }

  function renew(): void {
    const now = monotonicMs();
    // On a server that stays read-only, every change would otherwise reopen all connections.
    if (now - renewedAt >= RENEW_INTERVAL_MS) renewedAt = now;
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
    abandoned.close();
    await pool.end();
  }

  return {
    renew,
    async withConnection(use, work) {
      if (closing !== undefined) throw databaseUnavailable(new Error('the database is closed'));
      callers += 1;
      try {
        return await (use === 'read' ? runRead(work) : runChange(work));
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
