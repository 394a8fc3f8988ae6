import { readFile } from 'node:fs/promises';

const NAME = 'MIRROR_DATABASE_URL';

/**
 * The connection string of a copy's database, from the environment or from the file that it names: it has a password and
 * is no part of the service's configuration. Null when none is given.
 * @throws Error for a file that cannot be read; it does not show its content
 */
export async function readMirrorDatabaseUrl(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string | null> {
  const [text, path] = [env[NAME] ?? '', env[`${NAME}_FILE`] ?? ''];
  if (text !== '') return text;
  if (path === '') return null;
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    throw new Error(`Cannot read the file that ${NAME}_FILE names (${code}).`);
  }
}
