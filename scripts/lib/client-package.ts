import { spawnSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'packages', 'client');

/**
 * Compiles the client package into `packages/client/dist`: a module a source file, with its types. The old build stays
 * in place until the new one is complete.
 * @throws Error when the compiler found errors, which it has printed
 */
export function buildClientPackage(): void {
  const next = join(folder, `dist.${process.pid}`);
  const args = ['-p', join(folder, 'tsconfig.build.json'), '--outDir', next];
  try {
    const { status, error } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), args, {
      stdio: 'inherit',
    });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error('the client package does not compile, see above');
    const dist = join(folder, 'dist');
    rmSync(dist, { recursive: true, force: true });
    renameSync(next, dist);
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}
