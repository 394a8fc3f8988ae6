import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EMBEDDED_POSTGRES_MAJOR } from './engine.ts';
import { EmbeddedStartError } from './open-failure.ts';

/**
 * Prepares the data directory. An existing one is checked. A missing one is unpacked from the template into a temporary
 * directory beside it, then renamed, so that a kill at any moment leaves either a complete directory or none.
 * @throws EmbeddedStartError that names the directory and the remedy, when it holds other files or data of another
 * version.
 */
export async function prepareDataDirectory(
  path: string,
  template: string | URL | undefined,
): Promise<void> {
  const content = await list(path);
  if (content.includes('PG_VERSION')) return assertVersion(path);
  if (content.length > 0) {
    throw new EmbeddedStartError(
      `${path} is not empty and holds no database: set another database.path, or empty the directory.`,
    );
  }
  await mkdir(dirname(path), { recursive: true });
  await removeLeftovers(path);
  if (template !== undefined) await unpack(path, template);
}

async function assertVersion(path: string): Promise<void> {
  const version = (await readFile(join(path, 'PG_VERSION'), 'utf8')).trim();
  if (version === EMBEDDED_POSTGRES_MAJOR) return;
  throw new EmbeddedStartError(
    `${path} was made by PostgreSQL ${version}, and this build embeds ${EMBEDDED_POSTGRES_MAJOR}: ` +
      'run the build that made it, or set another database.path.',
  );
}

async function unpack(path: string, template: string | URL): Promise<void> {
  const temporary = `${temporaryPrefix(path)}${randomBytes(6).toString('hex')}`;
  await mkdir(temporary, { mode: 0o700 });
  const file = template instanceof URL ? fileURLToPath(template) : template;
  // Imported here, since only a first start needs it.
  const { extract } = await import('tar');
  // Nothing else runs yet, and synchronous calls halve the time for a thousand small files.
  extract({ file, cwd: temporary, sync: true });
  // Not synced to disk, since the engine syncs nothing either: data survives a kill, but not a power cut.
  await rename(temporary, path);
}

/** Removes what a killed process left half unpacked. This process owns the data directory, so no other is unpacking. */
async function removeLeftovers(path: string): Promise<void> {
  const prefix = basename(temporaryPrefix(path));
  for (const name of await list(dirname(path))) {
    if (name.startsWith(prefix))
      await rm(join(dirname(path), name), { recursive: true, force: true });
  }
}

function temporaryPrefix(path: string): string {
  return join(dirname(path), `.${basename(path)}.unpacking-`);
}

async function list(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
