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

/** The superuser of every test server. */
export const superuser = 'postgres';

/** Names the prepared cluster of a test run to the processes of the run. */
const preparedVariable = 'USER_SERVICE_TEST_INITDB';

/**
 * Makes an empty cluster once and has every later `initializeDataDirectory` of this process and its
 * children copy it, which takes a tenth of an initdb. Remove it after the run.
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
    // -p keeps owner and mode: the server refuses a data directory that others may read.
    await run('cp', ['-Rp', join(prepared, 'data'), join(prepared, 'password'), directory]);
  }
  return await readFile(join(directory, 'password'), 'utf8');
}

async function initdb(directory: string): Promise<void> {
  const user = findUnprivilegedUser();
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, randomBytes(18).toString('base64url'), { mode: 0o600 });
  if (user !== undefined) chownSync(passwordFile, user.uid, user.gid);
  // macOS calls the same collation and character type by other names.
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
