/**
 * A migrator in a separate process, for tests that kill it. Connects with the options in argv[2], appends the script in
 * argv[3] to the real migrations, and prints each log message on one line.
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
