import { existsSync } from 'node:fs';
import { findBinary, type Runtime } from '../../scripts/lib/server-binaries.mjs';

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

/**
 * The path of the program of a runtime.
 * @throws Error that says how to install it
 */
export function findRuntimeBinary({ name, binary }: Runtime): string {
  if (existsSync(binary)) return binary;
  throw new Error(`${name} is not at ${binary}; \`npm run setup:servers\` installs it`);
}
