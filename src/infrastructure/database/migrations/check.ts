import type { SchemaRecord } from '../../../domain/schema-record.ts';
import type { SqlConnection } from '../sql.ts';
import { headOf, type Migration } from './files.ts';
import { assertOwnTables } from './foreign.ts';
import { describeDirty, readRecord, rowsToAdopt } from './history.ts';
import { LOCK_HOLDER_QUERY } from './lock.ts';
import { findRecordError } from './verify.ts';

/**
 * - `empty`: no schema yet; always migrated at the start.
 * - `older`: this build serves after `migrate up`.
 * - `current`, `newer-compatible`: this build serves.
 * - `incompatible`: this build must not serve. A newer build must, or the record does not match the files.
 * - `dirty`: a migration that this build needs is unfinished.
 */
type SchemaState = 'empty' | 'older' | 'current' | 'newer-compatible' | 'incompatible' | 'dirty';

export interface SchemaCheck {
  readonly state: SchemaState;
  /** The newest version in the database; 0 when it is empty. */
  readonly version: number;
  /** The newest version that this build knows. */
  readonly head: number;
  /** The oldest build that may serve the database, by its head. */
  readonly compatibleFrom: number;
  /** A migration is unfinished. Harmless for this build when the state lets it serve. */
  readonly dirty: boolean;
  /** A migrator is running. */
  readonly migrating: boolean;
  /** One sentence for the operator. */
  readonly message: string;
  /** The command to run, when one is needed. */
  readonly command?: string;
}

/**
 * Compares a database with this build's migrations. Only reads, and takes no lock.
 *
 * A build refuses a newer schema only because of its `compatible_from`. An unfinished migration that is newer than the
 * build and compatible with it does not keep it from serving: the build served while that migration ran.
 * @throws MigrationError `foreign`, `extension` or `history` when the tables are not this service's, or their record
 * cannot be.
 */
export async function checkSchema(
  connection: SqlConnection,
  migrations: readonly Migration[],
): Promise<SchemaCheck> {
  const first = await look(connection, migrations);
  // The common case does without the view of locks, whose first use costs an embedded engine as much as all the rest.
  if (first.state === 'current') return first;
  // Asks twice: a migrator that starts or ends between the two reads must not look like one that failed.
  const before = await isMigrating(connection);
  const record = await readRecord(connection);
  if (before) return checkRecord(record, migrations, true);
  return checkRecord(record, migrations, await isMigrating(connection));
}

/** @throws MigrationError when the tables are not this service's */
async function look(
  connection: SqlConnection,
  migrations: readonly Migration[],
): Promise<SchemaCheck> {
  const record = await readRecord(connection);
  await assertOwnTables(connection, record, migrations, () => readRecord(connection));
  return checkRecord(record, migrations, false);
}

async function isMigrating(connection: SqlConnection): Promise<boolean> {
  return (await connection.query(LOCK_HOLDER_QUERY)).rows.length > 0;
}

/** Compares the record of a database with this build's migrations. @param migrating whether a migrator is running */
export function checkRecord(
  record: SchemaRecord,
  migrations: readonly Migration[],
  migrating: boolean,
): SchemaCheck {
  const head = headOf(migrations);
  const rows = [...record.history, ...rowsToAdopt(record, migrations)];
  const compatibleFrom = Math.max(0, ...rows.map((row) => row.compatibleFrom));
  const unfinished = record.history.find((row) => row.unfinished !== null)?.version;
  const { version, dirty } = record;
  const facts = { version, head, compatibleFrom, dirty, migrating };
  if (compatibleFrom > head) {
    return {
      ...facts,
      state: 'incompatible',
      message: `The database is at version ${version} and needs a build that knows version ${compatibleFrom}; this build knows ${head}. Run a newer build.`,
    };
  }
  const fault = faultOf(record, migrations);
  if (fault !== undefined) return { ...facts, state: 'incompatible', message: fault };
  if (dirty && (unfinished ?? version) <= head) return dirtyCheck(record, migrations, facts);
  return cleanCheck(facts);
}

type Facts = Omit<SchemaCheck, 'state' | 'message' | 'command'>;

function cleanCheck(facts: Facts): SchemaCheck {
  const { version, head } = facts;
  if (version === 0) {
    const message = 'The database is empty.';
    return { ...facts, state: 'empty', message, command: 'user-service migrate up' };
  }
  if (version < head) {
    return {
      ...facts,
      state: 'older',
      message: `The database is at version ${version}; this build needs ${head}.${facts.migrating ? ' A migrator is running.' : ''}`,
      command: 'user-service migrate up',
    };
  }
  if (version === head && !facts.dirty) {
    return { ...facts, state: 'current', message: `The database is at version ${version}.` };
  }
  const open = facts.dirty ? ', with an unfinished migration,' : '';
  return {
    ...facts,
    state: 'newer-compatible',
    message: `The database is at version ${version}${open} newer than this build's ${head} and compatible with it.`,
  };
}

/** While its migrator runs, an unfinished migration counts as not applied yet. */
function dirtyCheck(
  record: SchemaRecord,
  migrations: readonly Migration[],
  facts: Facts,
): SchemaCheck {
  if (facts.migrating) {
    const message = `A migrator is running on version ${record.version}; this build needs ${facts.head}.`;
    return { ...facts, state: 'older', message, command: 'user-service migrate up' };
  }
  return { ...facts, state: 'dirty', message: describeDirty(record, migrations) };
}

function faultOf(record: SchemaRecord, migrations: readonly Migration[]): string | undefined {
  if (rowsToAdopt(record, migrations).length > 0) return undefined;
  // During a migration the two tables differ by the version that is being applied.
  const finished = record.history.filter((row) => row.unfinished === null);
  const version = record.dirty ? (finished.at(-1)?.version ?? 0) : record.version;
  return findRecordError({ ...record, version, history: finished }, migrations)?.message;
}
