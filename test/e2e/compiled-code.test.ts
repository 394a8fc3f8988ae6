import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { node24 } from '../../scripts/lib/server-binaries.mjs';
import { startProcess } from '../support/child-process.ts';
import { createWorkingDirectory, outcomeOf } from './support.ts';

const launcher = fileURLToPath(new URL('../../bin/user-service.cjs', import.meta.url));

/** Runs a command on a Node.js that can keep compiled code. @returns what is in the folder of a user afterwards */
async function runWithHome(home: string): Promise<string[]> {
  const program = await startProcess(node24.binary, [launcher, '--version'], {
    env: { HOME: home },
  });
  expect(await outcomeOf(program)).toMatchObject({ code: 0, stderr: '' });
  return await readdir(home, { recursive: true });
}

describe('compiled code', () => {
  it('is kept in the folder of the user', async () => {
    const kept = await runWithHome(createWorkingDirectory());
    expect(kept).toContain(join('.cache', 'user-service'));
    expect(kept.length).toBeGreaterThan(3);
  });

  it('is not kept where other users can write', async () => {
    const home = createWorkingDirectory();
    await chmod(home, 0o777);
    expect(await runWithHome(home)).toEqual([]);
  });

  it('is not read from a folder in which other users can write', async () => {
    const home = createWorkingDirectory();
    const folder = join(home, '.cache', 'user-service');
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o777);
    expect(await runWithHome(home)).toEqual(['.cache', join('.cache', 'user-service')]);
  });
});
