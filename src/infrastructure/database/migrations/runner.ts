import { setTimeout as delay } from 'node:timers/promises';
import { backoffDelayMs } from '../../../lib/backoff.ts';
import { monotonicMs } from '../../system/monotonic.ts';
import type { MigrationConnection } from '../sql.ts';
import { describeFailure, MigrationError, remedyOf, sqlStateOf } from './error.ts';
import { fileStem, type Migration } from './files.ts';
import { type MigrationDirection, markDone, markStep, setVersion } from './history.ts';
import type { MigrationLog, MigrationSession } from './lock.ts';

/** Bounds of statements that wait for a lock. */
export interface RunnerOptions {
  /** Longest wait for a table's lock. Other queries queue behind the waiting statement, so it stops and is retried. */
  readonly lockTimeoutMs: number;
  /** The same for statements with CONCURRENTLY, which block no other queries while they wait. */
  readonly concurrentLockTimeoutMs: number;
  readonly lockTries: number;
  /** Pause before the second try; doubles for each further one, up to 30 s. */
  readonly backoffMs: number;
}

const MAX_BACKOFF_MS = 30_000;

export interface RunnerDeps {
  readonly connection: MigrationConnection;
  readonly session: MigrationSession;
  readonly options: RunnerOptions;
  readonly log: MigrationLog;
}

/** `lock_not_available` and `deadlock_detected`: other transactions blocked the statement, and it changed nothing. */
const RETRIED_STATES = ['55P03', '40P01'];
const INDEX_CONCURRENTLY =
  /\bcreate\s+(?:unique\s+)?index\s+concurrently\s+(?:if\s+not\s+exists\s+)?"?(?<index>[a-z_][a-z0-9_]*)/i;

/**
 * Runs one migration in one direction and records it.
 * @returns its duration in milliseconds.
 * @throws MigrationError `failed`. The database is unchanged when the script is transactional, and dirty otherwise.
 */
export async function runMigration(
  deps: RunnerDeps,
  migration: Migration,
  direction: MigrationDirection,
): Promise<number> {
  const start = monotonicMs();
  if (migration[direction].transactional) await runInTransaction(deps, migration, direction);
  else await runSteps(deps, migration, direction);
  return Math.round(monotonicMs() - start);
}

async function runInTransaction(
  deps: RunnerDeps,
  migration: Migration,
  direction: MigrationDirection,
): Promise<void> {
  const { connection, session } = deps;
  const script = migration[direction].steps.join('\n');
  try {
    await retryForLocks(deps, fileStem(migration), async () => {
      await inTransaction(connection, async () => {
        await session.assertHeld();
        await connection.execute(script);
        await markDone(connection, migration, direction);
      });
    });
  } catch (error) {
    if (error instanceof MigrationError) throw error;
    throw failure(
      migration,
      error,
      `Migration ${fileStem(migration)} (${direction}) failed and was rolled back: ${describeFailure(error)} ${remedy(error, direction)}`,
    );
  }
}

async function runSteps(
  deps: RunnerDeps,
  migration: Migration,
  direction: MigrationDirection,
): Promise<void> {
  const { connection, session, log } = deps;
  const { steps } = migration[direction];
  const target = direction === 'up' ? migration.version : migration.version - 1;
  for (const [index, statement] of steps.entries()) {
    const step = index + 1;
    const name = `${fileStem(migration)} step ${step} of ${steps.length}`;
    await session.assertHeld();
    await inTransaction(connection, async () => {
      await setVersion(connection, target, true);
      await markStep(connection, migration, { direction, step });
    });
    log(`running ${name}`, { version: migration.version, direction, step });
    try {
      await runStep(deps, name, statement);
    } catch (error) {
      if (error instanceof MigrationError) throw error;
      const before = direction === 'up' ? migration.version - 1 : migration.version;
      throw failure(
        migration,
        error,
        `Migration ${name} (${direction}) failed and left the database dirty: ${[describeFailure(error), remedyOf(error)].filter(Boolean).join(' ')} Its steps can run again. Fix the cause, then run \`user-service migrate force ${before}\` and \`user-service migrate ${direction}\`.`,
      );
    }
  }
  await inTransaction(connection, () => markDone(connection, migration, direction));
}

async function runStep(deps: RunnerDeps, name: string, statement: string): Promise<void> {
  const { connection, session, options, log } = deps;
  const concurrently = /\bconcurrently\b/i.test(withoutComments(statement));
  const index = INDEX_CONCURRENTLY.exec(withoutComments(statement))?.groups?.index;
  if (concurrently) await session.setLockTimeout(options.concurrentLockTimeoutMs);
  try {
    await retryForLocks(deps, name, async () => {
      if (index !== undefined && (await isInvalidIndex(connection, index))) {
        log(`dropping the invalid index ${index}, which an earlier run left unfinished`, { index });
        await connection.execute(`drop index concurrently if exists ${index}`);
      }
      await connection.execute(statement);
    });
  } catch (error) {
    // A step may have opened a transaction.
    await connection.execute('rollback').catch(() => {});
    throw error;
  }
  if (concurrently) await session.setLockTimeout(options.lockTimeoutMs);
}

/** A failed CREATE INDEX CONCURRENTLY leaves an index that slows writes, serves no reads and passes IF NOT EXISTS. */
async function isInvalidIndex(connection: MigrationConnection, index: string): Promise<boolean> {
  const { rows } = await connection.query<{ invalid: boolean }>(
    'select not indisvalid as invalid from pg_index where indexrelid = to_regclass($1)',
    [index],
  );
  return rows[0]?.invalid === true;
}

async function retryForLocks(
  deps: RunnerDeps,
  name: string,
  run: () => Promise<void>,
): Promise<void> {
  const { options, log } = deps;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      const state = sqlStateOf(error) ?? '';
      if (!RETRIED_STATES.includes(state) || attempt >= options.lockTries) throw error;
      const pauseMs = backoffDelayMs(attempt, {
        firstMs: options.backoffMs,
        maxMs: MAX_BACKOFF_MS,
      });
      log(`${name} waited too long for a lock; retrying in ${pauseMs} ms`, { attempt, state });
      await delay(pauseMs);
    }
  }
}

/** Runs `work` between BEGIN and COMMIT of the migrator's connection. */
export async function inTransaction(
  connection: MigrationConnection,
  work: () => Promise<void>,
): Promise<void> {
  await connection.execute('begin');
  try {
    await work();
    await connection.execute('commit');
  } catch (error) {
    await connection.execute('rollback').catch(() => {});
    throw error;
  }
}

function failure(migration: Migration, cause: unknown, message: string): MigrationError {
  return new MigrationError('failed', message, { version: migration.version, cause });
}

function remedy(error: unknown, direction: MigrationDirection): string {
  const state = sqlStateOf(error);
  if (state !== undefined && RETRIED_STATES.includes(state)) {
    return 'A long transaction holds a lock on the table. Find it with `select pid, state, xact_start, query from pg_stat_activity order by xact_start`, wait until it has ended, and run the command again.';
  }
  if (state === '42P07' || state === '42701') {
    return 'The database contains a part of this schema that no migration recorded. Find out which version V the schema has, record it with `user-service migrate force V`, and run the command again.';
  }
  const known = remedyOf(error);
  const again = `run \`user-service migrate ${direction}\` again.`;
  return known === '' ? `Fix the cause and ${again}` : `${known} Then ${again}`;
}

function withoutComments(sql: string): string {
  return sql.replaceAll(/--.*$/gm, '');
}
