import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startProcess } from '../support/child-process.ts';
import { createWorkingDirectory, outcomeOf } from './support.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string;
};

it('`npx user-service` runs the program in the folder of the repository', async () => {
  const { PATH = '' } = process.env;
  const npx = await startProcess('npx', ['--offline', 'user-service', '--version'], {
    cwd: root,
    // Without the settings of the npm that runs the tests. Its notice of a new version is no output of ours.
    env: { PATH, HOME: createWorkingDirectory(), npm_config_update_notifier: 'false' },
  });
  expect(await outcomeOf(npx)).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
});
