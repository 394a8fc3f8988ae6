import { onTestFinished } from 'vitest';
import {
  createPostgresDatabase,
  type PostgresSettings,
} from '../../src/infrastructure/database/postgres/pool.ts';
import type { Database } from '../../src/infrastructure/database/sql.ts';
import { createSilentLogger } from './logger.ts';
import type { ConnectionOptions } from './postgres-server.ts';

/** The service's default settings, without TLS, and with a long wait for a connection: other suites load the machine. */
export function postgresSettings(
  connection: ConnectionOptions,
  settings: Partial<PostgresSettings> = {},
): PostgresSettings {
  return {
    ...connection,
    sslMode: 'disable',
    sslRootCert: null,
    maxOpenConns: 10,
    maxIdleConns: 5,
    connMaxLifetimeMs: 1_800_000,
    connMaxIdleTimeMs: 300_000,
    statementTimeoutMs: 5_000,
    lockTimeoutMs: 2_000,
    connectTimeoutMs: 30_000,
    preparedStatements: true,
    ...settings,
  };
}

/** Connects to a database. Closes it at the end of the calling test. */
export async function connectPostgres(
  connection: ConnectionOptions,
  settings: Partial<PostgresSettings> = {},
): Promise<Database> {
  const database = await createPostgresDatabase(postgresSettings(connection, settings), {
    logger: createSilentLogger(),
  });
  onTestFinished(() => database.close());
  return database;
}
