import type { SchemaRecord } from '../../../domain/schema-record.ts';
import type { Migration } from './files.ts';
import { rowsToAdopt } from './history.ts';

export interface MigrationStatus {
  readonly version: number;
  readonly name: string;
  /** `unknown`: only in the database. `changed`: the file differs from the one that was applied. */
  readonly state: 'applied' | 'pending' | 'unfinished' | 'changed' | 'unknown';
  /** RFC 3339 in UTC; null while pending. */
  readonly appliedAt: string | null;
  /** The version was set by another tool or by `force`. */
  readonly adopted: boolean;
  readonly compatibleFrom: number;
}

/** Lists every migration that this build or the database knows, in order. */
export function listStatus(
  record: SchemaRecord,
  migrations: readonly Migration[],
): readonly MigrationStatus[] {
  const rows = new Map(record.history.map((row) => [row.version, row]));
  const toAdopt = new Set(rowsToAdopt(record, migrations).map((migration) => migration.version));
  const known = migrations.map((migration): MigrationStatus => {
    const { version, name, compatibleFrom } = migration;
    const row = rows.get(version);
    rows.delete(version);
    const facts = { version, name, compatibleFrom, appliedAt: row?.appliedAt ?? null };
    if (row === undefined) {
      const state = toAdopt.has(version) ? 'applied' : 'pending';
      return { ...facts, state, adopted: toAdopt.has(version) };
    }
    if (row.unfinished !== null) return { ...facts, state: 'unfinished', adopted: row.adopted };
    const state = row.checksum === migration.checksum ? 'applied' : 'changed';
    return { ...facts, state, adopted: row.adopted };
  });
  const unknown = [...rows.values()].map(
    ({ version, name, compatibleFrom, appliedAt, adopted }): MigrationStatus => ({
      version,
      name,
      state: 'unknown',
      appliedAt,
      adopted,
      compatibleFrom,
    }),
  );
  return [...known, ...unknown];
}
