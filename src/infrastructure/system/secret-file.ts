import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const DRAFT_SUFFIX = /\.[0-9a-f]{8}$/;

/** Returns the content without its line feed, or null when there is no file. */
async function readSecretFile(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trimEnd();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * Reads a secret file, or creates it with the result of `create`. The file appears whole and readable by its owner
 * only, or not at all. Two processes that create it at the same time get the same content.
 */
export async function readOrCreateSecretFile(path: string, create: () => string): Promise<string> {
  const existing = await readSecretFile(path);
  if (existing !== null) return existing;
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    try {
      await file.writeFile(`${create()}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  return (await readSecretFile(path)) ?? '';
}

/** Removes unfinished drafts of a killed process. Call it only while no other process uses the directory. */
export async function removeSecretDrafts(path: string): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    const isDraft = name.startsWith(`${basename(path)}.`) && DRAFT_SUFFIX.test(name);
    if (isDraft) await rm(join(dirname(path), name), { force: true });
  }
}
