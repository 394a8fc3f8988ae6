import { readdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MigrationError } from './error.ts';
import { fileStem, headOf, loadMigrations } from './files.ts';

const UP = (
  version: number,
): string => `-- Why the schema changes, and how it stays usable during the change.
-- compatible_from: N, the oldest build (by its newest migration) that works afterwards; ${version} when none does
-- For CREATE INDEX CONCURRENTLY and long work add a line "-- transaction: none": the steps then run one by one, and each
-- must be safe to run again. Separate them by a line "-- step".
`;

const DOWN = `-- Add a line "-- loses_data: what" when this loses data that the up file does not restore.
`;

/**
 * Creates the next pair of files in a source tree.
 * @returns their paths.
 * @throws MigrationError `target` for a name that is not lower-case snake_case, or when the directory does not exist.
 */
export async function createMigrationFiles(
  directory: URL,
  name: string,
): Promise<readonly string[]> {
  if (!/^[a-z][a-z0-9_]{0,79}$/.test(name)) {
    throw new MigrationError(
      'target',
      'Name a migration like add_user_nickname: lower-case letters, digits and _, at most 80 characters.',
    );
  }
  const found = await readdir(directory).catch(() => undefined);
  if (found === undefined) {
    throw new MigrationError(
      'target',
      `${fileURLToPath(directory)} does not exist: run the command in the service's source tree.`,
    );
  }
  const version = headOf(await loadMigrations(directory)) + 1;
  const stem = fileStem({ version, name });
  const files = [
    { url: new URL(`${stem}.up.sql`, directory), text: UP(version) },
    { url: new URL(`${stem}.down.sql`, directory), text: DOWN },
  ];
  for (const { url, text } of files) await writeFile(url, text, { flag: 'wx' });
  return files.map(({ url }) => fileURLToPath(url));
}
