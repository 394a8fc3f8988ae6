/**
 * Writes `test/schema.sql`: the schema that the migrations make, as `pg_dump` prints it for a real PostgreSQL. Run it
 * after you add a migration (`npx tsx scripts/dump-schema.ts`). A test compares the file with the newest migration.
 */
import { writeFile } from 'node:fs/promises';
import {
  createMigrator,
  loadMigrations,
} from '../src/infrastructure/database/migrations/migrator.ts';
import { connectForMigration } from '../test/support/migration-connections.ts';
import { startPostgres } from '../test/support/postgres-server.ts';
import { dumpSchema } from '../test/support/schema-dump.ts';

const target = new URL('../test/schema.sql', import.meta.url);
const server = await startPostgres();
try {
  const connection = await connectForMigration(server.connectionOptions);
  try {
    const log = (message: string): void => console.error(message);
    await createMigrator({ connection, migrations: await loadMigrations(), log }).up();
  } finally {
    await connection.close();
  }
  await writeFile(target, await dumpSchema(server.connectionOptions));
} finally {
  await server.stop();
}
