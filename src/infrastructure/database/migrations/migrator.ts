import type { SchemaRecord } from '../../../domain/schema-record.ts';
import { checkRecord, checkSchema, type SchemaCheck } from './check.ts';
import { explainFailures, MigrationError } from './error.ts';
import { fileStem, headOf, type Migration } from './files.ts';
import { assertOwnTables } from './foreign.ts';
import {
  createTables,
  deleteHistoryAbove,
  describeDirty,
  insertAdopted,
  type MigrationDirection,
  readRecord,
  rowsToAdopt,
  setVersion,
} from './history.ts';
import { type MigrationLog, type MigrationSession, withMigrationLock } from './lock.ts';
import { assertKnown, type DownOptions, type MigrationPlan, planMigrations } from './plan.ts';
import { inTransaction, type RunnerDeps, type RunnerOptions, runMigration } from './runner.ts';
import { listStatus, type MigrationStatus } from './status.ts';
import { findRecordError } from './verify.ts';

export { checkSchema, type SchemaCheck } from './check.ts';
export { MigrationError } from './error.ts';
export { loadMigrations, type Migration } from './files.ts';
export type { MigrationLog } from './lock.ts';

import type { MigrationConnection } from '../sql.ts';

export interface MigratorOptions extends RunnerOptions {
  /** Longest wait for another migrator. */
  readonly lockWaitMs: number;
}

const DEFAULTS: MigratorOptions = {
  lockWaitMs: 60_000,
  lockTimeoutMs: 2_000,
  concurrentLockTimeoutMs: 300_000,
  lockTries: 5,
  backoffMs: 500,
};

export interface MigratorDeps {
  /** Must not go through a transaction pooler. The caller closes it. */
  readonly connection: MigrationConnection;
  readonly migrations: readonly Migration[];
  readonly log: MigrationLog;
  readonly options?: Partial<MigratorOptions>;
}

interface MigrationRun {
  readonly version: number;
  readonly name: string;
  readonly direction: MigrationDirection;
  readonly durationMs: number;
}

/** `from` equals `to` when there was nothing to do. */
interface MigrationReport {
  readonly from: number;
  readonly to: number;
  readonly runs: readonly MigrationRun[];
}

/** The part of a migrator that only reads. */
export interface SchemaReader {
  status(): Promise<{
    readonly check: SchemaCheck;
    readonly migrations: readonly MigrationStatus[];
  }>;
  version(): Promise<{ readonly version: number; readonly dirty: boolean }>;
}

/** Migrates one database. All methods that change it take the migrator's lock and throw MigrationError. */
export interface Migrator extends SchemaReader {
  /** Applies the next `count` migrations, by default all. Does nothing on a database that is newer and compatible. */
  up(count?: number): Promise<MigrationReport>;
  /** Reverts `count` migrations, by default one. Reverts none when one of them would lose data. */
  down(count?: number, options?: DownOptions): Promise<MigrationReport>;
  /** Migrates up or down to this version; 0 is an empty schema. */
  goto(version: number, options?: DownOptions): Promise<MigrationReport>;
  /**
   * Records that the schema is at this version, as this build's files define it, without running anything. Repairs the
   * record of a dirty database, of a changed file, and of a schema that another tool created.
   */
  force(version: number): Promise<MigrationReport>;
}

export function createMigrator(deps: MigratorDeps): Migrator {
  const { connection, migrations, log } = deps;
  const options = { ...DEFAULTS, ...deps.options };
  const head = headOf(migrations);
  const locked = <T>(work: (session: MigrationSession) => Promise<T>): Promise<T> =>
    explainFailures(() => withMigrationLock(connection, options, log, work));
  /** @param target computes the version to reach from the current one. */
  const move = (target: (from: number) => number, allowed: DownOptions = {}) =>
    locked(async (session) => {
      const { version } = await prepare(deps);
      const plan = planMigrations(migrations, version, target(version), allowed);
      const runs = await runPlan({ connection, session, options, log }, plan);
      return { from: version, to: (await readRecord(connection)).version, runs };
    });

  return {
    async up(count = Number.POSITIVE_INFINITY) {
      if (count < 1) throw new MigrationError('target', 'The number of steps must be at least 1.');
      return move((from) => Math.max(from, Math.min(head, from + count)));
    },
    async down(count = 1, allowed = {}) {
      return move((from) => {
        if (count >= 1 && count <= from) return from - count;
        throw new MigrationError(
          'target',
          `${count} steps down are not possible: ${from} migrations are applied.`,
        );
      }, allowed);
    },
    async goto(version, allowed = {}) {
      assertKnown(version, head);
      return move(() => version, allowed);
    },
    async status() {
      return await explainFailures(async () => {
        const check = await checkSchema(connection, migrations);
        return { check, migrations: listStatus(await readRecord(connection), migrations) };
      });
    },
    async version() {
      const { version, dirty } = await explainFailures(() => readRecord(connection));
      return { version, dirty };
    },
    async force(version) {
      assertKnown(version, head);
      return locked(async () => {
        const { version: from } = await readRecord(connection);
        await createTables(connection);
        await inTransaction(connection, async () => {
          await deleteHistoryAbove(connection, version);
          await insertAdopted(connection, migrations.slice(0, version));
          await setVersion(connection, version, false);
        });
        log(`recorded version ${version} without running anything`, { from, version });
        return { from, to: version, runs: [] };
      });
    },
  };
}

/** Reads the schema of an embedded database that a running service has open, from the record that the service returned. */
export function createRecordReader(
  record: SchemaRecord,
  migrations: readonly Migration[],
): SchemaReader {
  return {
    // The service owns the database and has migrated it: no migrator runs beside it.
    status: async () => ({
      check: checkRecord(record, migrations, false),
      migrations: listStatus(record, migrations),
    }),
    version: async () => ({ version: record.version, dirty: record.dirty }),
  };
}

async function runPlan(deps: RunnerDeps, plan: MigrationPlan): Promise<readonly MigrationRun[]> {
  const { direction } = plan;
  const runs: MigrationRun[] = [];
  for (const migration of plan.migrations) {
    const durationMs = await runMigration(deps, migration, direction);
    const { version, name } = migration;
    runs.push({ version, name, direction, durationMs });
    deps.log(`migrated ${direction}: ${fileStem(migration)} in ${durationMs} ms`, {
      version,
      duration_ms: durationMs,
    });
  }
  return runs;
}

/**
 * Reads the record, and adopts a schema that golang-migrate created.
 * @throws MigrationError when the database is dirty or incompatible, or its record does not match the files.
 */
async function prepare(deps: MigratorDeps): Promise<SchemaRecord> {
  const { connection, migrations, log } = deps;
  const found = await readRecord(connection);
  if (found.dirty) {
    throw new MigrationError('dirty', describeDirty(found, migrations), { version: found.version });
  }
  await assertOwnTables(connection, found, migrations, () => readRecord(connection));
  const adopted = rowsToAdopt(found, migrations);
  await inTransaction(connection, async () => {
    await createTables(connection);
    await insertAdopted(connection, adopted);
  });
  if (adopted.length > 0) {
    log(`adopted a database that another tool migrated to version ${found.version}`, {
      version: found.version,
    });
  }
  const record = adopted.length > 0 ? await readRecord(connection) : found;
  const fault = findRecordError(record, migrations);
  if (fault !== undefined) throw fault;
  const { compatibleFrom, message, state } = await checkSchema(connection, migrations);
  if (state === 'incompatible') {
    throw new MigrationError('incompatible', message, { version: compatibleFrom });
  }
  return record;
}
