import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findServerBinary } from './server-binaries.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from './temp-directory.ts';
import { findUnprivilegedUser } from './unprivileged-user.ts';
import { startWatchdog } from './watchdog.ts';

const run = promisify(execFile);

export const superuser = 'postgres';

/** Passes the path of the prepared cluster to the processes of a test run. */
const preparedVariable = 'USER_SERVICE_TEST_INITDB';

/**
 * Creates an empty cluster, which every later `initializeDataDirectory` of this process and its children copies. A copy
 * takes a tenth of the time of initdb. Remove it after the run.
 */
export async function prepareCluster(): Promise<TemporaryDirectory> {
  const directory = createTemporaryDirectory('initdb', findUnprivilegedUser());
  try {
    await initdb(directory.path);
  } catch (error) {
    await directory.remove();
    throw error;
  }
  process.env[preparedVariable] = directory.path;
  const watchdog = startWatchdog({ directory: directory.path });
  return {
    path: directory.path,
    async remove() {
      if (process.env[preparedVariable] === directory.path) delete process.env[preparedVariable];
      await directory.remove();
      watchdog.disarm();
    },
  };
}

/** Fills `<directory>/data` with an empty cluster and returns the superuser's random password. */
export async function initializeDataDirectory(directory: string): Promise<string> {
  const prepared = process.env[preparedVariable];
  if (prepared === undefined) {
    await initdb(directory);
  } else {
    // -p keeps owner and mode: the server rejects a data directory that other users can read.
    await run('cp', ['-Rp', join(prepared, 'data'), join(prepared, 'password'), directory]);
  }
  return await readFile(join(directory, 'password'), 'utf8');
}

async function initdb(directory: string): Promise<void> {
  const user = findUnprivilegedUser();
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, randomBytes(18).toString('base64url'), { mode: 0o600 });
  if (user !== undefined) chownSync(passwordFile, user.uid, user.gid);
  // macOS has other names for the same collation and character type.
  const locale =
    process.platform === 'darwin' ? ['--locale=C', '--lc-ctype=UTF-8'] : ['--locale=C.UTF-8'];
  await run(
    findServerBinary('initdb'),
    [
      ...['-D', join(directory, 'data'), '-U', superuser, '--pwfile', passwordFile],
      ...['--auth=scram-sha-256', '--encoding=UTF8', '--no-sync', '--no-instructions'],
      ...locale,
    ],
    { ...user, cwd: directory },
  );
}
