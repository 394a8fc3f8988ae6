import { MigrationError } from './error.ts';
import { fileStem, headOf, type Migration } from './files.ts';
import type { MigrationDirection } from './history.ts';

export interface DownOptions {
  readonly allowDataLoss?: boolean;
}

export interface MigrationPlan {
  readonly migrations: readonly Migration[];
  readonly direction: MigrationDirection;
}

/**
 * The migrations to run between two versions, in order.
 * @throws MigrationError `loses_data` when a down migration loses data and that is not allowed; `target` when this
 * build does not know the current version.
 */
export function planMigrations(
  migrations: readonly Migration[],
  from: number,
  to: number,
  allowed: DownOptions,
): MigrationPlan {
  if (to < from) return { migrations: planDown(migrations, from, to, allowed), direction: 'down' };
  const wanted = migrations.filter(({ version }) => version > from && version <= to);
  return { migrations: wanted, direction: 'up' };
}

function planDown(
  migrations: readonly Migration[],
  from: number,
  target: number,
  allowed: DownOptions,
): readonly Migration[] {
  if (from > headOf(migrations)) {
    throw new MigrationError(
      'target',
      `The database is at version ${from}, which this build (version ${headOf(migrations)}) cannot revert. Run \`user-service migrate down\` with the build that knows it.`,
    );
  }
  const planned = migrations
    .filter((migration) => migration.version > target && migration.version <= from)
    .reverse();
  const lossy = planned.filter((migration) => migration.down.losesData !== undefined);
  if (lossy.length > 0 && allowed.allowDataLoss !== true) {
    const losses = lossy.map((m) => `${fileStem(m)} loses ${m.down.losesData}`).join('; ');
    throw new MigrationError(
      'loses_data',
      `Going from version ${from} to ${target} would lose data, so nothing was changed: ${losses}. Add --allow-data-loss to migrate anyway.`,
    );
  }
  return planned;
}

/** @throws MigrationError `target` for a version that this build does not know. */
export function assertKnown(version: number, head: number): void {
  if (Number.isInteger(version) && version >= 0 && version <= head) return;
  throw new MigrationError(
    'target',
    `There is no version ${version}: this build knows 0 to ${head}.`,
  );
}
