import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian and Ubuntu install libfaketime: one folder per architecture. */
const LIBRARIES = '/usr/lib';
const LIBRARY = join('faketime', 'libfaketimeMT.so.1');

/** The wall clock of a server, which a test can step while the server runs. */
export interface ServerClock {
  /** Environment of the server's process. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets the distance from the real clock in seconds; negative is in the past. Every process sees it at once. */
  set(offsetSeconds: number): void;
}

/**
 * Creates the file that libfaketime reads at each look at the wall clock. The monotonic clock stays as it is, as when
 * the time of a host is set.
 * @param directory the server's processes must be able to read it
 * @throws Error that names the remedy when libfaketime is not installed
 */
export function createServerClock(directory: string): ServerClock {
  const path = join(directory, 'clock');
  const draft = `${path}.new`;
  const clock: ServerClock = {
    env: {
      LD_PRELOAD: findLibrary(),
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set(offsetSeconds) {
      // Renamed into place, so that no process reads half a number.
      writeFileSync(draft, `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}\n`, { mode: 0o644 });
      renameSync(draft, path);
    },
  };
  clock.set(0);
  return clock;
}

function findLibrary(): string {
  const found = folders(LIBRARIES)
    .map((folder) => join(LIBRARIES, folder, LIBRARY))
    .find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error(
    'libfaketime, which steps the clock of a server, is not installed; `npm run setup:servers` installs it on Linux',
  );
}

function folders(parent: string): string[] {
  return existsSync(parent) ? readdirSync(parent) : [];
}
