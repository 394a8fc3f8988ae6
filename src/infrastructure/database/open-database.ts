import { fileURLToPath } from 'node:url';
import type { Logger } from '../../domain/ports.ts';
import { ensureSchema } from './ensure-schema.ts';
import { connectionNames, type PostgresSettings } from './postgres/settings.ts';
import type { Database, MigrationConnection } from './sql.ts';

export type DatabaseSettings =
  | {
      readonly driver: 'embedded';
      /** Data directory; null keeps all data in memory. */
      readonly path: string | null;
      /** A prepared cluster to start from; by default the one that the build writes. */
      readonly template?: string;
      readonly migrateOnStart: boolean;
    }
  | {
      readonly driver: 'postgres';
      readonly postgres: PostgresSettings;
      readonly migrateOnStart: boolean;
    };

/** The prepared cluster that the build writes beside the compiled module; absent in the source tree. */
const TEMPLATE = fileURLToPath(new URL('./embedded/template.tar.gz', import.meta.url));

/**
 * Opens the database and checks that this build can serve its schema. An empty database is always migrated, an older
 * one only with `migrateOnStart`. While another process migrates it, the start waits.
 * @param signal ends a wait for another process
 * @throws SchemaError, MigrationError or an error of the database, after closing every connection.
 */
export async function openDatabase(
  settings: DatabaseSettings,
  logger: Logger,
  signal?: AbortSignal,
): Promise<Database> {
  const database = await open(settings, logger);
  try {
    await ensureSchema(database, { migrateOnStart: settings.migrateOnStart, logger, signal });
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Loads the client or the engine, which is needed, and not the other. */
async function open(settings: DatabaseSettings, logger: Logger): Promise<Database> {
  if (settings.driver === 'postgres') {
    const { createPostgresDatabase } = await import('./postgres/pool.ts');
    return await createPostgresDatabase(settings.postgres, { logger });
  }
  const { openEmbeddedDatabase } = await import('./embedded/pglite.ts');
  return await openEmbeddedDatabase({
    path: settings.path,
    logger,
    templatePath: settings.template ?? TEMPLATE,
  });
}

/**
 * Opens the monitoring connection, which health checks and the revocations of other instances use while all others are
 * busy. Without it an overloaded service would look down, and each request would load its session from the database.
 */
export async function openMonitoringConnection(
  settings: DatabaseSettings,
  database: Database,
  logger: Logger,
): Promise<Database> {
  if (settings.driver === 'embedded') return database;
  const { createPostgresDatabase } = await import('./postgres/pool.ts');
  return await createPostgresDatabase(
    {
      ...settings.postgres,
      maxOpenConns: 1,
      maxIdleConns: 1,
      applicationName: connectionNames(settings.postgres.applicationName).monitoring,
    },
    { logger },
  );
}

/** The connection of the migrator. Closing it closes the database that was opened for it. */
export async function openMigrationConnection(
  settings: DatabaseSettings,
  logger: Logger,
): Promise<MigrationConnection> {
  if (settings.driver === 'postgres') {
    const { openPostgresMigrationConnection } = await import('./postgres/client.ts');
    return await openPostgresMigrationConnection(settings.postgres, logger);
  }
  const database = await open(settings, logger);
  const connection = await database.openMigrationConnection();
  return {
    query: (text, values) => connection.query(text, values),
    execute: (script) => connection.execute(script),
    async close() {
      await connection.close();
      await database.close();
    },
  };
}
