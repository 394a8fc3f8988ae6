import { findBinary } from '../../scripts/lib/server-binaries.mjs';

/**
 * The absolute path of a server's program.
 * @throws Error that says how to install it: a test never skips silently
 */
export function findServerBinary(name: string): string {
  const path = findBinary(name);
  if (path !== undefined) return path;
  throw new Error(
    `${name} is not installed; \`npm run setup:servers\` installs the servers for the tests`,
  );
}
