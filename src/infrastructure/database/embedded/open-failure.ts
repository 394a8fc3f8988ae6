import { constants } from 'node:fs';
import { access, type FileHandle, open, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { EMBEDDED_CATALOG_VERSION, EMBEDDED_CONTROL_VERSION } from './engine.ts';

/** Free space that a start needs at most, in MiB: to repeat the write-ahead log after a kill, and for a new segment. */
const NEEDED_MIB = 16;
const MIB = 1024 * 1024;
/** Files that the engine keeps open, about. */
const OPEN_FILES = 64;
/** Files whose permissions are checked; an embedded database has a few hundred. */
const MAX_CHECKED_FILES = 10_000;
/** Longest chain of causes that is searched. */
const MAX_CAUSES = 8;
const PROBE_FILE = '.user-service-start-check';

/** Why the data directory of the embedded database cannot be used. The message ends with the remedy. */
export class EmbeddedStartError extends Error {
  override readonly name = 'EmbeddedStartError';
}

/** Reason and remedy by the operating system's code. */
const BY_CODE: Readonly<Record<string, string>> = {
  ENOSPC: `its disk is full, and a start needs ${NEEDED_MIB} MiB. The data is not damaged by that. Make room and start again.`,
  EDQUOT: `the disk quota of this user is used up, and a start needs ${NEEDED_MIB} MiB. The data is not damaged by that. Raise the quota or make room, and start again.`,
  EACCES: 'this user may not read and write it. Change its owner, or run as that user.',
  EPERM: 'this user may not read and write it. Change its owner, or run as that user.',
  EROFS: 'its file system is read-only. Mount it writable, or set another database.path.',
  EMFILE: 'this process may not open more files. Raise the limit (`ulimit -n 1024`).',
  ENFILE: 'the system has too many open files. Close some, or raise the limit of the system.',
  ENOMEM: 'there is not enough memory. Give the process more, and start again.',
};
const OUT_OF_MEMORY = /could not allocate memory|cannot enlarge memory|out of memory/i;

/**
 * Describes why the engine did not start. The engine itself reports no reason, so the conditions that stop it are
 * checked here; the data counts as damaged only when none of them holds.
 */
export async function explainOpenFailure(
  path: string,
  error: unknown,
): Promise<EmbeddedStartError> {
  const reason =
    reasonOf(error) ?? (await findObstacle(path)) ?? (await compareVersions(path)) ?? DAMAGED;
  return new EmbeddedStartError(`The embedded database cannot use ${path}: ${reason}`, {
    cause: error,
  });
}

const DAMAGED = 'the data is damaged. Restore a copy, or set another database.path.';

/** The reason that an error itself names; undefined for all others. */
function reasonOf(error: unknown): string | undefined {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth += 1) {
    const known = BY_CODE[String((current as NodeJS.ErrnoException).code)];
    if (known !== undefined) return known;
    if (OUT_OF_MEMORY.test(current.message)) return BY_CODE.ENOMEM;
    current = current.cause;
  }
  return undefined;
}

/** Does what the engine does at its start: needs room, writes, opens many files, opens every file for writing. */
async function findObstacle(path: string): Promise<string | undefined> {
  try {
    const { bavail, bsize } = await statfs(path);
    if (bavail * bsize < NEEDED_MIB * MIB) return BY_CODE.ENOSPC;
    await writeProbe(path);
    await openManyFiles(path);
    await assertWritable(path);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

async function writeProbe(path: string): Promise<void> {
  const probe = join(path, PROBE_FILE);
  try {
    const file = await open(probe, 'w', 0o600);
    try {
      await file.write(Buffer.alloc(MIB));
    } finally {
      await file.close();
    }
  } finally {
    await rm(probe, { force: true });
  }
}

async function openManyFiles(path: string): Promise<void> {
  const files: FileHandle[] = [];
  try {
    while (files.length < OPEN_FILES) files.push(await open(join(path, 'PG_VERSION')));
  } finally {
    for (const file of files) await file.close();
  }
}

async function assertWritable(path: string): Promise<void> {
  const names = await readdir(path, { recursive: true });
  for (const name of names.slice(0, MAX_CHECKED_FILES)) {
    await access(join(path, name), constants.R_OK | constants.W_OK);
  }
}

/** @returns a reason when the control file was written by an engine with another format. */
async function compareVersions(path: string): Promise<string | undefined> {
  const head = Buffer.alloc(16);
  try {
    const file = await open(join(path, 'global', 'pg_control'));
    try {
      await file.read(head, 0, head.length, 0);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
  // After the system identifier: the version of this file's format, then of the system tables (pg_control.h).
  const control = head.readUInt32LE(8);
  const catalog = head.readUInt32LE(12);
  const isVersion = control >= 900 && control < 3_000 && catalog > 200_000_000;
  if (!isVersion) return undefined;
  if (control === EMBEDDED_CONTROL_VERSION && catalog === EMBEDDED_CATALOG_VERSION)
    return undefined;
  return `another build created the data (catalog ${catalog}, this build has ${EMBEDDED_CATALOG_VERSION}). Run the build that made it, or set another database.path.`;
}
