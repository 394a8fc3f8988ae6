import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createTemporaryDirectory } from '../test/support/temp-directory.ts';

/** Runs the script in a checkout without development dependencies, as npm would for a command. */
function prepareFor(command: string): { status: number | null; output: string } {
  const directory = createTemporaryDirectory('prepare').path;
  mkdirSync(join(directory, 'scripts'));
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ scripts: { build: 'no-such-compiler' } }),
  );
  const script = join(directory, 'scripts', 'prepare.mjs');
  copyFileSync(join(import.meta.dirname, 'prepare.mjs'), script);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
    env: { ...process.env, npm_command: command },
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

test('an installation without development dependencies goes without the build, and says so', () => {
  expect(prepareFor('ci')).toMatchObject({
    status: 0,
    output: expect.stringContaining('not built'),
  });
});

test('a package is never packed without its build', () => {
  expect(prepareFor('pack').status).not.toBe(0);
});
