import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunAs } from './unprivileged-user.ts';

/** `remove` may be called twice. */
export interface TemporaryDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

const leftOver = new Set<string>();

/**
 * Creates an empty directory that only its owner can enter, under the system's temporary directory. `remove` deletes
 * it; otherwise the exit of this process does, unless a signal kills it.
 * @param owner the user that a server runs as when the tests run as root.
 */
export function createTemporaryDirectory(
  purpose: string,
  owner: RunAs | undefined = undefined,
): TemporaryDirectory {
  if (leftOver.size === 0) process.once('exit', removeLeftOver);
  // Short names: a Unix socket's path inside it may have at most 103 bytes on macOS.
  const path = mkdtempSync(join(tmpdir(), `us-${purpose}-`));
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  leftOver.add(path);
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
      leftOver.delete(path);
      if (leftOver.size === 0) process.off('exit', removeLeftOver);
    },
  };
}

function removeLeftOver(): void {
  for (const path of leftOver) rmSync(path, { recursive: true, force: true });
}
