import type { SchemaRecord } from '../../../domain/schema-record.ts';
import type { MigrationConnection, SqlConnection } from '../sql.ts';
import { MigrationError } from './error.ts';
import { fileStem, headOf, type Migration } from './files.ts';
import { assertOwnRecord } from './foreign.ts';

export type MigrationDirection = 'up' | 'down';

/**
 * `schema_migrations` has the format of golang-migrate: one row, and none before the first migration. The history table
 * holds what that tool does not record.
 */
const TABLES = `
create table if not exists schema_migrations (version bigint not null primary key, dirty boolean not null);
create table if not exists schema_migration_history (
  version bigint constraint schema_migration_history_pkey primary key,
  name varchar(200) not null,
  checksum varchar(64) not null,
  compatible_from bigint not null,
  applied_at timestamptz not null default now(),
  adopted boolean not null default false,
  unfinished varchar(4) constraint schema_migration_history_unfinished_known check (unfinished in ('up', 'down')),
  step integer
);`;

export async function createTables(connection: MigrationConnection): Promise<void> {
  await connection.execute(TABLES);
}

/**
 * Reads both tables in one statement, so that they match even while a migrator runs. The tables may be missing.
 * @throws MigrationError `foreign` when `schema_migrations` belongs to another tool, `history` when it has more than one
 * row.
 */
export async function readRecord(connection: SqlConnection): Promise<SchemaRecord> {
  const { rows: tables } = await connection.query<{ migrations: boolean; history: boolean }>(
    `select to_regclass('schema_migrations') is not null as migrations,
            to_regclass('schema_migration_history') is not null as history`,
  );
  if (tables[0]?.migrations !== true) return { version: 0, dirty: false, history: [] };
  await assertOwnRecord(connection);
  const { rows } = await connection.query<{
    versions: { version: number; dirty: boolean }[];
    history: SchemaRecord['history'];
  }>(
    `select (select coalesce(json_agg(row_to_json(m)), '[]') from schema_migrations m) as versions,
            ${tables[0].history ? HISTORY : "'[]'::json"} as history`,
  );
  const { versions = [], history = [] } = rows[0] ?? {};
  if (versions.length > 1) {
    throw new MigrationError(
      'history',
      `schema_migrations has ${versions.length} rows but may have only one. Either it belongs to another tool, and this service needs a database of its own; or a row was added by hand: find out which version the schema has, and delete that row. Nothing was changed.`,
    );
  }
  return { version: versions[0]?.version ?? 0, dirty: versions[0]?.dirty ?? false, history };
}

const HISTORY = `(
  select coalesce(json_agg(json_build_object(
    'version', version, 'name', name, 'checksum', checksum, 'compatibleFrom', compatible_from,
    'appliedAt', to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'adopted', adopted, 'unfinished', unfinished, 'step', step) order by version), '[]')
  from schema_migration_history)`;

/**
 * The rows to insert for a database that golang-migrate migrated to a version that this build knows; else empty.
 * `checkSchema` includes them before they are stored.
 */
export function rowsToAdopt(
  record: SchemaRecord,
  migrations: readonly Migration[],
): readonly Migration[] {
  if (record.history.length > 0 || record.version > headOf(migrations)) return [];
  return migrations.filter((migration) => migration.version <= record.version);
}

/** Inserts the rows marked as adopted. */
export async function insertAdopted(
  connection: SqlConnection,
  migrations: readonly Migration[],
): Promise<void> {
  for (const migration of migrations) {
    await connection.query(
      `insert into schema_migration_history (version, name, checksum, compatible_from, adopted)
       values ($1, $2, $3, $4, true)
       on conflict (version) do update
       set name = excluded.name, checksum = excluded.checksum, compatible_from = excluded.compatible_from,
           unfinished = null, step = null`,
      [migration.version, migration.name, migration.checksum, migration.compatibleFrom],
    );
  }
}

/** Sets the one row of `schema_migrations`, or deletes it for a clean version 0, as golang-migrate does. */
export async function setVersion(
  connection: SqlConnection,
  version: number,
  dirty: boolean,
): Promise<void> {
  await connection.query('delete from schema_migrations');
  if (version === 0 && !dirty) return;
  await connection.query('insert into schema_migrations (version, dirty) values ($1, $2)', [
    version,
    dirty,
  ]);
}

/** Records that a migration starts a step outside a transaction. */
export async function markStep(
  connection: SqlConnection,
  migration: Migration,
  progress: { readonly direction: MigrationDirection; readonly step: number },
): Promise<void> {
  await connection.query(
    `insert into schema_migration_history (version, name, checksum, compatible_from, unfinished, step)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (version) do update set unfinished = excluded.unfinished, step = excluded.step`,
    [
      migration.version,
      migration.name,
      migration.checksum,
      migration.compatibleFrom,
      progress.direction,
      progress.step,
    ],
  );
}

/** Records that a migration is done. Call it in the migration's transaction. */
export async function markDone(
  connection: SqlConnection,
  migration: Migration,
  direction: MigrationDirection,
): Promise<void> {
  if (direction === 'up') {
    await connection.query(
      `insert into schema_migration_history (version, name, checksum, compatible_from)
       values ($1, $2, $3, $4)
       on conflict (version) do update set unfinished = null, step = null, applied_at = now()`,
      [migration.version, migration.name, migration.checksum, migration.compatibleFrom],
    );
    await setVersion(connection, migration.version, false);
  } else {
    await deleteHistoryAbove(connection, migration.version - 1);
    await setVersion(connection, migration.version - 1, false);
  }
}

export async function deleteHistoryAbove(
  connection: SqlConnection,
  version: number,
): Promise<void> {
  await connection.query('delete from schema_migration_history where version > $1', [version]);
}

/** Names the unfinished migration of a dirty database and the remedy, for the operator. */
export function describeDirty(record: SchemaRecord, migrations: readonly Migration[]): string {
  const row = record.history.find((candidate) => candidate.unfinished !== null);
  if (row === undefined) {
    const before = Math.max(0, record.version - 1);
    return `The database is dirty at version ${record.version}: a migration by another tool failed there. Compare the schema with the files of that version and repair it. Then record its version with \`user-service migrate force ${record.version}\` (or ${before} when nothing of that migration remains) and run \`user-service migrate up\`.`;
  }
  const known = migrations.find((migration) => migration.version === row.version);
  const direction = row.unfinished ?? 'up';
  const steps = known?.[direction].steps.length;
  const before = direction === 'up' ? row.version - 1 : row.version;
  const again = direction === 'up' ? 'up' : 'down';
  return `The database is dirty: migration ${fileStem(row)} (${direction}) stopped in step ${row.step ?? 1}${steps === undefined ? '' : ` of ${steps}`}. Its steps can run again. Fix the cause, then run \`user-service migrate force ${before}\` and \`user-service migrate ${again}\`.`;
}
