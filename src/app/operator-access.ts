import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createOutboxTail, type OutboxTail } from '../application/outbox/tail-outbox.ts';
import type { Config } from '../config/schema.ts';
import type { OutboxLog } from '../domain/outbox/outbox-queue.ts';
import {
  createMigrator,
  createRecordReader,
  loadMigrations,
  type MigrationLog,
  type SchemaReader,
} from '../infrastructure/database/migrations/migrator.ts';
import { createMigrationFiles } from '../infrastructure/database/migrations/scaffold.ts';
import { openMigrationConnection } from '../infrastructure/database/open-database.ts';
import {
  ControlSocketError,
  claimControlSocket,
  findControlSocket,
} from '../infrastructure/system/control-socket.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';
import { createHttpClient } from '../interfaces/cli/http-client.ts';
import { readRunningSchema } from '../interfaces/cli/running-schema.ts';
import { startOrRelease } from '../lib/release-stack.ts';
import { createLogger } from './app.ts';
import { databaseSettings, dataFiles } from './persistence.ts';

/**
 * The socket of the service that owns the embedded data directory, as a path that is short enough to connect to; null when
 * none runs. @throws ControlSocketError
 */
export async function findRunningService(config: Config): Promise<string | null> {
  if (config.database.driver !== 'embedded') return null;
  return await findControlSocket(dataFiles(config).controlSocket);
}

/**
 * Connects a migrator to the configured database.
 * @throws ControlSocketError while a service owns the embedded database.
 */
export async function openMigrator(config: Config, log: MigrationLog) {
  // A service that does not report its schema, such as an older build, is met by the claim below, which names the folder.
  const running = await findRunningSchema(config).catch(() => null);
  if (running !== null) {
    const { processId } = running;
    throw new ControlSocketError(
      `The user service itself (process ${processId}) uses the data directory ${dirname(dataFiles(config).controlSocket)}. ` +
        `Stop it with Ctrl-C or \`kill ${processId}\`, and run this command again; a service migrates this database at its start.`,
    );
  }
  return await openOwnMigrator(config, log);
}

/** Opens the configured database to read its schema, or asks the service that owns the embedded database. */
export async function openSchemaReader(
  config: Config,
): Promise<{ readonly migrator: SchemaReader; close(): Promise<void> }> {
  const running = await findRunningSchema(config);
  if (running === null) return await openOwnMigrator(config, () => undefined);
  const migrator = createRecordReader(running.record, await loadMigrations());
  return { migrator, close: async () => undefined };
}

/** Null when no service has the embedded database open. */
async function findRunningSchema(config: Config) {
  const socketPath = await findRunningService(config);
  if (socketPath === null) return null;
  const description = `the service in ${dirname(dataFiles(config).controlSocket)}`;
  const client = createHttpClient({ socketPath, description });
  try {
    return await readRunningSchema(client);
  } finally {
    await client.close();
  }
}

async function openOwnMigrator(config: Config, log: MigrationLog) {
  const logger = createLogger({ level: 'error', format: 'json' }, process.stderr);
  const { releases, value } = await startOrRelease(
    async (stack) => {
      if (config.database.driver === 'embedded') {
        const control = await claimControlSocket(dataFiles(config).controlSocket);
        stack.register('the control socket', () => control.release());
      }
      const connection = await openMigrationConnection(databaseSettings({ config }), logger);
      stack.register('the connection', () => connection.close());
      return createMigrator({ connection, migrations: await loadMigrations(), log });
    },
    () => undefined,
  );
  return { migrator: value, close: async () => void (await releases.releaseAll()) };
}

/** Creates the next pair of migration files in the source tree below `directory`. @returns their paths. */
export function createMigration(directory: string, name: string): Promise<readonly string[]> {
  const folder = join(directory, 'src/infrastructure/database/postgres/migrations/');
  return createMigrationFiles(pathToFileURL(folder), name);
}

/** Tails a log of events, such as the one that a running service returns. */
export function tailOutbox(log: Pick<OutboxLog, 'list'>, afterPosition: number): OutboxTail {
  return createOutboxTail({ log, monotonicMs, afterPosition });
}
