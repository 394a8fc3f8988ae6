import type { SchemaRecord } from '../../../domain/schema-record.ts';
import { MigrationError } from './error.ts';
import { fileStem, headOf, type Migration } from './files.ts';

/**
 * Compares the record of a clean database with this build's files: the history has every version up to the current one
 * and none above it, and no file changed after it was applied. Versions that only a newer build knows are not compared.
 * @returns the fault, or undefined.
 */
export function findRecordError(
  record: SchemaRecord,
  migrations: readonly Migration[],
): MigrationError | undefined {
  const { version, history } = record;
  const recorded = new Map(history.map((row) => [row.version, row]));
  let missing = 1;
  while (recorded.has(missing)) missing += 1;
  if (missing <= version) {
    const known = version <= headOf(migrations);
    return new MigrationError(
      'history',
      `schema_migrations says version ${version}, but schema_migration_history has no version ${missing}: another tool changed the schema. ${known ? `Compare the schema with version ${version}. If they are the same, record it with \`user-service migrate force ${version}\`.` : 'This build does not know that version: use the build that does.'}`,
      { version: missing },
    );
  }
  const surplus = history.find((row) => row.version > version);
  if (surplus !== undefined) {
    return new MigrationError(
      'history',
      `schema_migration_history has version ${surplus.version}, but schema_migrations says ${version}: another tool changed the schema. Find out which version the schema has and record it with \`user-service migrate force V\`.`,
      { version: surplus.version },
    );
  }
  const changed = migrations.find((migration) => {
    const row = recorded.get(migration.version);
    return row !== undefined && row.checksum !== migration.checksum;
  });
  if (changed === undefined) return undefined;
  return new MigrationError(
    'checksum',
    `${fileStem(changed)}.up.sql is not the file that was applied to this database. Restore the released file and put the change into a new migration (\`user-service migrate create NAME\`). Only if you know that the schema is the same, record this build's files with \`user-service migrate force ${version}\`.`,
    { version: changed.version },
  );
}
