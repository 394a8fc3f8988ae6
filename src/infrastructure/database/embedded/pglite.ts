import { existsSync } from 'node:fs';
import type { PGlite } from '@electric-sql/pglite';
import type { Logger } from '../../../domain/ports.ts';
import { withFallback } from '../../../lib/deadline.ts';
import { databaseUnavailable } from '../postgres/errors.ts';
import { runHealthCheck } from '../postgres/health-check.ts';
import type { Database, MigrationConnection } from '../sql.ts';
import {
  assertCommitted,
  type Frame,
  runTransaction,
  type SqlStatement,
  type TransactionSession,
} from '../transaction.ts';
import { assertOutsideTransaction, withinTransaction } from '../transaction-scope.ts';
import { type ConnectionQueue, createConnectionQueue } from './connection-queue.ts';
import { prepareDataDirectory } from './data-directory.ts';
import { startEngine } from './engine.ts';
import { createMaintenance } from './maintenance.ts';
import { EmbeddedStartError, explainOpenFailure } from './open-failure.ts';
import { asMigrationConnection, createEmbeddedSession, type EmbeddedSession } from './session.ts';

export interface EmbeddedDatabaseOptions {
  /** The data directory; `null` keeps everything in memory. */
  readonly path: string | null;
  /**
   * A tar.gz written by `writeEmbeddedTemplate`. Without the file, as in the source tree, a new cluster without a schema
   * is created, which takes seconds.
   */
  readonly templatePath?: string | URL;
  readonly logger?: Logger;
  /** How long a caller waits for the connection; 5,000 by default. */
  readonly maxWaitMs?: number;
  /**
   * How long a transaction may take; 10,000 by default. Then it is rolled back, and its caller gets DomainError
   * `unavailable`.
   */
  readonly transactionTimeoutMs?: number;
}

/** Callers that wait for the one connection. A longer queue only makes every caller late. */
const MAX_WAITING = 10_000;

/**
 * Opens PostgreSQL in this process: the same SQL as on a server, over one connection that callers queue for.
 * A statement blocks this thread and cannot be interrupted, so there is no `statement_timeout`.
 * Committed data survives a killed process, but not a power cut: the engine does not sync its files.
 * @throws EmbeddedStartError when the directory holds other files or data of another version, or cannot be used.
 */
export async function openEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<Database> {
  const engine = await openEngine(options);
  const session = createEmbeddedSession(engine, options.logger);
  const connectionQueue = createConnectionQueue({
    maxWaiting: MAX_WAITING,
    maxWaitMs: options.maxWaitMs ?? 5_000,
  });
  const transactionTimeoutMs = options.transactionTimeoutMs ?? 10_000;
  const transactions = createTransactionSession(session);

  const maintain = createMaintenance(session, connectionQueue, options.logger);
  const withConnection = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await connectionQueue.withConnection(work);
    } finally {
      maintain();
    }
  };

  const database: Database = {
    driver: 'embedded',
    async query(text, values) {
      assertOutsideTransaction(database);
      return await withConnection(() => session.query(text, values));
    },
    async transaction(work, deadline) {
      assertOutsideTransaction(database);
      return await withConnection(() =>
        runTransaction(
          transactions,
          (connection, commitWithNext) =>
            withinTransaction(database, () =>
              withTimeout(transactionTimeoutMs, () => work(connection, commitWithNext)),
            ),
          deadline,
        ),
      );
    },
    check: (signal) => runHealthCheck(database, signal),
    async openMigrationConnection() {
      assertOutsideTransaction(database);
      return await openExclusively(connectionQueue, session);
    },
    stats: () => ({
      total: 1,
      idle: connectionQueue.busy ? 0 : 1,
      waiting: connectionQueue.waiting,
      abandoned: 0,
      commitsUnconfirmed: false,
    }),
    async close() {
      await connectionQueue.close();
      if (!engine.closed && !session.crashed) await engine.close();
    },
  };
  return database;
}

async function openEngine({ path, templatePath }: EmbeddedDatabaseOptions): Promise<PGlite> {
  const template =
    templatePath !== undefined && existsSync(templatePath) ? templatePath : undefined;
  if (path === null) {
    return await startEngine({ memory: true, ...(template === undefined ? {} : { template }) });
  }
  try {
    await prepareDataDirectory(path, template);
    return await startEngine({ directory: path });
  } catch (error) {
    throw error instanceof EmbeddedStartError ? error : await explainOpenFailure(path, error);
  }
}

/** Sends one command after the other: there is no round trip to save. */
function createTransactionSession(session: EmbeddedSession): TransactionSession {
  const commit = async (): Promise<void> => assertCommitted(await session.execute('commit'));
  return {
    async query<Row>({ text, values }: SqlStatement, frame: Frame) {
      const isAlone = frame.begin && frame.commit;
      if (frame.begin && !isAlone) await session.execute('begin');
      const result = await session.query<Row>(text, values);
      if (frame.commit && !isAlone) await commit();
      return result;
    },
    commit,
    rollBack: async () => void (await session.execute('rollback')),
    isBroken: () => session.crashed,
  };
}

/** Holds the only connection until the migration connection is closed. */
async function openExclusively(
  connectionQueue: ConnectionQueue,
  session: EmbeddedSession,
): Promise<MigrationConnection> {
  return await new Promise((resolve, reject) => {
    const hold = () =>
      new Promise<void>((release) => {
        resolve(asMigrationConnection(session, release));
      });
    connectionQueue.withConnection(hold).catch(reject);
  });
}

/** A transaction that waits for something else must not block the only connection. */
function withTimeout<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
  return withFallback(timeoutMs, work, () => {
    throw databaseUnavailable(new Error(`the transaction took longer than ${timeoutMs} ms`));
  });
}
