import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extract } from 'tar';
import { onTestFinished, type TestContext } from 'vitest';
import { createTemporaryDirectory } from '../../support/temp-directory.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The last release. Make the archive of the next one with the command in CONTRIBUTING.md. */
export const RELEASE = '0.2.0';

/**
 * Unpacks the sources of the last release. They run on the packages of this build. An archive is kept in the repository,
 * because a clone may have no history.
 * @param test tests that run side by side give their context
 * @returns the arguments of Node.js that run its program.
 */
export async function unpackRelease(
  test: Pick<TestContext, 'onTestFinished'> = { onTestFinished },
): Promise<readonly string[]> {
  const directory = createTemporaryDirectory('release');
  test.onTestFinished(() => directory.remove());
  mkdirSync(directory.path, { recursive: true });
  const archive = new URL(`./user-service-${RELEASE}.tar.gz`, import.meta.url);
  await extract({ file: fileURLToPath(archive), cwd: directory.path });
  symlinkSync(join(root, 'node_modules'), join(directory.path, 'node_modules'));
  return ['--import', import.meta.resolve('tsx'), join(directory.path, 'src', 'main.ts')];
}
