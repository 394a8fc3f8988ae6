import {
  createMigrator,
  loadMigrations,
} from '../../src/infrastructure/database/migrations/migrator.ts';
import { openPostgresMigrationConnection } from '../../src/infrastructure/database/postgres/client.ts';
import { createSilentLogger } from './logger.ts';
import { postgresSettings } from './postgres-database.ts';
import type { ConnectionOptions, PostgresServer } from './postgres-server.ts';

/** `createTestDatabase` copies this migrated, empty database. */
export const templateDatabase = 'template_user_service';

async function migrate(database: ConnectionOptions): Promise<void> {
  const settings = postgresSettings(database);
  const connection = await openPostgresMigrationConnection(settings, createSilentLogger());
  try {
    await createMigrator({ connection, migrations: await loadMigrations(), log: () => {} }).up();
  } finally {
    await connection.close();
  }
}

/** Creates the template database on the server that a test run shares. */
export async function prepareTemplate(server: PostgresServer): Promise<void> {
  const database = await server.createDatabase(templateDatabase);
  await migrate(database);
  // A copy fails while a client is connected to the template.
  await server.query(
    `alter database ${templateDatabase} with is_template true allow_connections false`,
  );
}
