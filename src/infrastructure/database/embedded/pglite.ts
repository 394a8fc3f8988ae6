import { existsSync } from 'node:fs';
import type { PGlite } from '@electric-sql/pglite';
import type { Logger } from '../../../domain/ports.ts';
import { databaseUnavailable, rejectOnAbort } from '../postgres/errors.ts';
import { checkHealth } from '../postgres/generated/health.queries.ts';
import type { Database, MigrationConnection } from '../sql.ts';
import { runTransaction } from '../transaction.ts';
import { assertOutsideTransaction, withinTransaction } from '../transaction-scope.ts';
import { type ConnectionQueue, createConnectionQueue } from './connection-queue.ts';
import { prepareDataDirectory } from './data-directory.ts';
import { EMBEDDED_POSTGRES_MAJOR, startEngine } from './engine.ts';
import { createMaintenance } from './maintenance.ts';
import { asMigrationConnection, createEmbeddedSession, type EmbeddedSession } from './session.ts';

/** Where the embedded database keeps its data, and its bounds. */
export interface EmbeddedDatabaseOptions {
  /** The data directory; `null` keeps everything in memory. */
  readonly path: string | null;
  /**
   * A tar.gz that `writeEmbeddedTemplate` made. Without the file a new cluster is made, in some seconds and without a
   * schema, as it happens in the source tree.
   */
  readonly templatePath?: string | URL;
  readonly logger?: Logger;
  /** How long a caller waits for the connection; 5,000 by default. */
  readonly maxWaitMs?: number;
  /** How long a transaction may take; 10,000 by default. Then it is rolled back, and its caller told so. */
  readonly transactionTimeoutMs?: number;
}

/** Callers that wait for the one connection. A longer queue only makes every caller late. */
const MAX_WAITING = 10_000;

/**
 * Opens PostgreSQL in this process: the same SQL as on a server, over one connection that callers queue for.
 * A statement cannot be interrupted, since it blocks this thread: there is no `statement_timeout`.
 * What is committed survives a killed process, but not a power cut: the engine does not sync its files.
 * @throws Error when the directory holds something else, another version's data, or data that cannot be read.
 */
export async function openEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<Database> {
  const engine = await openEngine(options);
  const session = createEmbeddedSession(engine, options.logger);
  const connectionQueue = createConnectionQueue({
    maxWaiting: MAX_WAITING,
    maxWaitMs: options.maxWaitMs ?? 5_000,
  });
  const transactionTimeoutMs = options.transactionTimeoutMs ?? 10_000;
  const transactions = {
    connection: session,
    command: (statement: string) => session.execute(statement),
    isBroken: () => session.crashed,
  };

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
    async transaction(work) {
      assertOutsideTransaction(database);
      return await withConnection(() =>
        runTransaction(transactions, (connection) =>
          withinTransaction(database, () => withDeadline(work(connection), transactionTimeoutMs)),
        ),
      );
    },
    async check(signal) {
      signal.throwIfAborted();
      await Promise.race([checkHealth.run(undefined, database), rejectOnAbort(signal)]);
    },
    async openMigrationConnection() {
      assertOutsideTransaction(database);
      return await openExclusively(connectionQueue, session);
    },
    stats: () => ({
      total: 1,
      idle: connectionQueue.busy ? 0 : 1,
      waiting: connectionQueue.waiting,
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
  await prepareDataDirectory(path, template);
  try {
    return await startEngine({ directory: path });
  } catch (error) {
    throw new Error(
      `The embedded PostgreSQL ${EMBEDDED_POSTGRES_MAJOR} cannot open ${path}: another build made the data, or it is ` +
        'damaged. Restore a copy, or choose another database.path.',
      { cause: error },
    );
  }
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

/** The only connection is nobody's for long: a transaction that waits for something else gives it up. */
async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(databaseUnavailable(new Error(`the transaction took longer than ${timeoutMs} ms`)));
    }, timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
