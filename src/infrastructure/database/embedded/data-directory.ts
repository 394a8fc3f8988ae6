import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EMBEDDED_POSTGRES_MAJOR } from './engine.ts';

/**
 * Makes sure that there is a whole data directory: an existing one is checked, a missing one is unpacked from the
 * template beside its place and renamed into it, so that a kill at any moment leaves either nothing or all of it.
 * @throws Error that names the directory and the remedy, when it holds something else or was made by another version.
 */
export async function prepareDataDirectory(
  path: string,
  template: string | URL | undefined,
): Promise<void> {
  const content = await list(path);
  if (content.includes('PG_VERSION')) return assertVersion(path);
  if (content.length > 0) {
    throw new Error(
      `${path} is not empty and holds no database: choose another database.path, or empty it.`,
    );
  }
  await mkdir(dirname(path), { recursive: true });
  await removeLeftovers(path);
  if (template !== undefined) await unpack(path, template);
}

async function assertVersion(path: string): Promise<void> {
  const version = (await readFile(join(path, 'PG_VERSION'), 'utf8')).trim();
  if (version === EMBEDDED_POSTGRES_MAJOR) return;
  throw new Error(
    `${path} was made by PostgreSQL ${version}, and this build embeds ${EMBEDDED_POSTGRES_MAJOR}: ` +
      'run the build that made it, or choose another database.path.',
  );
}

async function unpack(path: string, template: string | URL): Promise<void> {
  const temporary = `${temporaryPrefix(path)}${randomBytes(6).toString('hex')}`;
  await mkdir(temporary, { mode: 0o700 });
  const file = template instanceof URL ? fileURLToPath(template) : template;
  // Loaded here, since only a first start needs it.
  const { extract } = await import('tar');
  // Synchronous since nothing else runs yet, and a thousand small files take half the time so.
  extract({ file, cwd: temporary, sync: true });
  // Not synced, like nothing of the engine later: a killed process loses none of it, and a power cut is not promised.
  await rename(temporary, path);
}

/** What a killed process left half unpacked. Whoever gets here owns the data directory: nobody else is unpacking. */
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
