import { setTimeout as delay } from 'node:timers/promises';
import type { LogFields, Logger } from '../../domain/ports.ts';
import { monotonicMs } from '../system/monotonic.ts';
import { describeFailure, explainFailures, remedyOf, sqlStateOf } from './migrations/error.ts';
import {
  checkSchema,
  createMigrator,
  loadMigrations,
  type Migration,
  type SchemaCheck,
} from './migrations/migrator.ts';
import type { Database } from './sql.ts';

/** This build cannot serve the schema of the database. The message names the command to run. */
class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

export interface EnsureSchemaOptions {
  readonly migrateOnStart: boolean;
  readonly logger: Logger;
  /** Ends the wait for another process, by throwing the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Longest wait for a migrator of another process, in milliseconds; by default as long as a migrator waits. */
  readonly waitMs?: number;
}

const WAIT_MS = 60_000;
const POLL_MS = 200;
/**
 * A schema that does not fit is refused only when no migrator was seen for this long: between two migrators that wait
 * for each other, the lock is free for up to one of their polls.
 */
const SETTLE_MS = 1_000;
/** SQLSTATE `insufficient_privilege`. */
const NO_PRIVILEGE = '42501';

/**
 * Brings the schema to one that this build can serve. An empty database is always migrated, an older one only with
 * `migrateOnStart`. While another process migrates, it waits and looks again: instances that are started together on an
 * empty database all come up.
 * @throws SchemaError when the schema does not fit, MigrationError when the migration fails.
 */
export async function ensureSchema(
  database: Database,
  options: EnsureSchemaOptions,
): Promise<void> {
  const { migrateOnStart, logger, signal, waitMs = WAIT_MS } = options;
  const migrations = await loadMigrations();
  const startedAt = monotonicMs();
  let lastSeenAt = startedAt;
  let reported = false;
  let missingRight: unknown;
  for (;;) {
    const check = await explainFailures(() => checkSchema(database, migrations));
    if (check.state === 'current' || check.state === 'newer-compatible') return;
    const wanted = check.state === 'empty' || (check.state === 'older' && migrateOnStart);
    if (wanted && missingRight === undefined) {
      missingRight = await migrate(database, migrations, logger);
      if (missingRight === undefined) return;
      // Another process may have the right: it takes the lock that this one has released.
      lastSeenAt = monotonicMs();
    }
    const now = monotonicMs();
    if (check.migrating) lastSeenAt = now;
    if (now - startedAt >= waitMs || now - lastSeenAt >= SETTLE_MS) {
      throw missingRight === undefined ? schemaError(check) : mayNotMigrate(check, missingRight);
    }
    if (check.migrating && !reported) {
      reported = true;
      logger.info('another process migrates the database; waiting', { version: check.version });
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

/** @returns the database's error when the role lacks the right to change the schema. */
async function migrate(
  database: Database,
  migrations: readonly Migration[],
  logger: Logger,
): Promise<unknown> {
  const connection = await database.openMigrationConnection();
  try {
    const log = (message: string, fields?: LogFields) => logger.info(message, fields);
    await createMigrator({ connection, migrations, log }).up();
    return undefined;
  } catch (error) {
    if (sqlStateOf(error) !== NO_PRIVILEGE) throw error;
    logger.info('this role may not migrate the database', { error });
    return error;
  } finally {
    await connection.close();
  }
}

function schemaError(check: SchemaCheck): SchemaError {
  const remedy = check.command === undefined ? '' : ` Run: ${check.command}`;
  return new SchemaError(`${check.message}${remedy}`);
}

function mayNotMigrate(check: SchemaCheck, error: unknown): SchemaError {
  return new SchemaError(
    `${check.message} The role in database.user may not migrate it. ${describeFailure(error)} ${remedyOf(error)} Run with a role that owns the database: user-service migrate up`,
  );
}
