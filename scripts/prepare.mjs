// What npm runs after an installation in a checkout, and before it packs: the build. An installation
// without development dependencies (`npm ci --omit=dev`) has no compiler and must not fail for it:
// there `dist/` comes from elsewhere, such as an earlier stage of an image. Packing never goes
// without. Plain JavaScript, since then there is nothing to run TypeScript with either.
// It is `prepack` and `postprepare` in package.json: npm 11 warns of a package with `prepare` when it installs the tarball.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const installs = ['ci', 'install'].includes(process.env.npm_command ?? '');

if (installs && !existsSync(new URL('../node_modules/tsx', import.meta.url))) {
  console.log('not built: the development dependencies are not installed');
} else {
  const { status } = spawnSync('npm', ['run', 'build'], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
  if (installs && process.platform !== 'win32') linkProgram();
}

// npm links the program of a package into its dependents only: this one is for `npx user-service` in a checkout.
function linkProgram() {
  const folder = new URL('../node_modules/.bin/', import.meta.url);
  const link = new URL('user-service', folder);
  mkdirSync(folder, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync('../../bin/user-service.cjs', link);
}
