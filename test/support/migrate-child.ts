/**
 * A migrator in a process of its own, for tests that kill it: connects with the options in argv[2], continues the real
 * migrations with the script in argv[3], and prints one line for each thing it reports.
 */
import {
  createMigrator,
  loadMigrations,
} from '../../src/infrastructure/database/migrations/migrator.ts';
import { connectForMigration } from './migration-connections.ts';
import { continueMigrations } from './migration-fixtures.ts';

const [, , options = '{}', up = ''] = process.argv;
const connection = await connectForMigration(JSON.parse(options), 'migrator to be killed');
const migrations = continueMigrations(await loadMigrations(), [{ up }]);
await createMigrator({
  connection,
  migrations,
  log: (message) => process.stdout.write(`${message}\n`),
}).up();
await connection.close();
