import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createOutboxTail, type OutboxTail } from '../application/outbox/tail-outbox.ts';
import type { Config } from '../config/schema.ts';
import type { OutboxLog } from '../domain/outbox/outbox-queue.ts';
import {
  createMigrator,
  loadMigrations,
  type MigrationLog,
} from '../infrastructure/database/migrations/migrator.ts';
import { createMigrationFiles } from '../infrastructure/database/migrations/scaffold.ts';
import { openMigrationConnection } from '../infrastructure/database/open-database.ts';
import { claimControlSocket, findControlSocket } from '../infrastructure/system/control-socket.ts';
import { monotonicMs } from '../infrastructure/system/monotonic.ts';
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
