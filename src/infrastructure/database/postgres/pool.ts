import { Pool, type PoolConfig } from 'pg';
import type { Logger, RequestDeadline } from '../../../domain/ports.ts';
import { monotonicMs } from '../../system/monotonic.ts';
import type { Database, TransactionWork } from '../sql.ts';
import { assertCommitted, type Frame, runTransaction, type SqlStatement } from '../transaction.ts';
import { createAbandonedConnections } from './abandoned-connections.ts';
import { createChangeGate } from './change-gate.ts';
import {
  answerLimitMs,
  clientConfig,
  findWorkingBackends,
  openPostgresMigrationConnection,
} from './client.ts';
import { type ConnectionPool, createConnectionPool, MAX_WAITING } from './connection-pool.ts';
import { commitOutcomeUnknown, isStalePlan, translateDatabaseError } from './errors.ts';
import { checkHealth } from './generated/health.queries.ts';
import { runHealthCheck } from './health-check.ts';
import { IsolatedClient } from './isolated-client.ts';
import { checkServer } from './server-check.ts';
import type { PostgresSettings } from './settings.ts';
import { DatabaseStartError } from './start-error.ts';
import { isChange } from './statement-kind.ts';
import { createStatementNames } from './statement-names.ts';

export type { PostgresSettings } from './settings.ts';

export interface PostgresDependencies {
  readonly logger: Logger;
}

/**
 * Connects to PostgreSQL. An SQL error never costs a connection. A connection that breaks or does not respond is
 * closed, and the next caller that needs one opens another.
 * @throws DatabaseStartError when the server cannot be used. No message contains the password.
 */
export async function createPostgresDatabase(
  settings: PostgresSettings,
  { logger }: PostgresDependencies,
): Promise<Database> {
  const pool = new Pool(poolConfig(settings));
  listenForErrors(pool, logger);
  const statements = createStatementNames(settings.preparedStatements);
  const abandoned = createAbandonedConnections(
    settings.preparedStatements ? (pids) => findWorkingBackends(settings, pids) : null,
    monotonicMs,
  );
  const gate = createChangeGate({
    maxOpenConns: settings.maxOpenConns,
    waitMs: settings.connectTimeoutMs,
    maxWaiting: MAX_WAITING,
    nowMs: monotonicMs,
    onChange: (blocked) =>
      blocked
        ? logger.error('PostgreSQL does not confirm commits; changes are rejected until it does')
        : logger.info('PostgreSQL confirms commits again; changes are accepted'),
  });
  const connections = createConnectionPool(
    pool,
    { maxIdleConns: settings.maxIdleConns, answerMs: answerLimitMs(settings) },
    { statements, gate, abandoned },
  );

  const database: Database = {
    driver: 'postgres',
    async query(text, values, name) {
      const use = isChange(text) ? 'change' : 'read';
      const query = () =>
        connections.withConnection(use, (held) => held.query<never>(text, values, name));
      try {
        return await query().catch((error: unknown) => {
          // The statement names have been renewed, so the second attempt prepares it again on any connection.
          if (isStalePlan(error)) return query();
          throw error;
        });
      } catch (error) {
        throw translateDatabaseError(error);
      }
    },
    async transaction(work, deadline) {
      return await transact(connections, work, deadline);
    },
    async check(signal) {
      const condition = await runHealthCheck(database, signal);
      if (condition.readOnly) connections.renew();
      return condition;
    },
    openMigrationConnection: () => openPostgresMigrationConnection(settings, logger),
    stats: () => ({
      total: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount + gate.waiting(),
      abandoned: abandoned.count(),
      commitsUnconfirmed: gate.isBlocked(),
    }),
    close: () => connections.close(),
  };
  await verify(database, settings);
  return database;
}

async function transact<T>(
  connections: ConnectionPool,
  work: TransactionWork<T>,
  deadline: RequestDeadline | undefined,
): Promise<T> {
  return await connections.withConnection('change', (pooled) => {
    async function translated<R>(call: Promise<R>): Promise<R> {
      try {
        return await call;
      } catch (error) {
        throw pooled.outcomeUnknown ? commitOutcomeUnknown(error) : translateDatabaseError(error);
      }
    }
    return runTransaction(
      {
        async query<Row>(statement: SqlStatement, frame: Frame) {
          const result = await translated(pooled.queryFramed<Row>(statement, frame));
          if (frame.commit && !frame.begin) assertCommitted(result.lastCommand);
          return result;
        },
        commit: async () => assertCommitted(await translated(pooled.command('commit'))),
        rollBack: async () => void (await pooled.command('rollback')),
        isBroken: () => pooled.broken,
      },
      work,
      deadline,
    );
  });
}

function poolConfig(settings: PostgresSettings): PoolConfig {
  return {
    ...clientConfig(settings),
    Client: IsolatedClient,
    max: settings.maxOpenConns,
    idleTimeoutMillis: settings.connMaxIdleTimeMs,
    maxLifetimeSeconds: Math.ceil(settings.connMaxLifetimeMs / 1000),
  };
}

/** A connection that breaks emits an `error` event, which without a listener would end the process. */
function listenForErrors(pool: Pool, logger: Logger): void {
  pool.on('error', (error) => {
    logger.warn('An idle connection to PostgreSQL was lost.', {
      error,
    });
  });
  pool.on('connect', (client) => {
    client.on('error', (error) => {
      logger.debug('A connection to PostgreSQL broke.', { error });
    });
  });
}

async function verify(database: Database, settings: PostgresSettings): Promise<void> {
  try {
    await checkHealth.run(undefined, database).catch((error: unknown) => {
      throw new DatabaseStartError(settings, error);
    });
    await checkServer(database, settings);
  } catch (error) {
    await database.close();
    throw error;
  }
}
