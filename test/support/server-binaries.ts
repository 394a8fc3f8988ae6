import { findBinary } from '../../scripts/lib/server-binaries.mjs';

/**
 * The absolute path of a server's program. Throws an Error that names the remedy where it is
 * missing: a test never skips silently.
 */
export function findServerBinary(name: string): string {
  const path = findBinary(name);
  if (path !== undefined) return path;
  throw new Error(
    `${name} is not installed; \`npm run setup:servers\` gets the servers for the tests`,
  );
}
