import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createWorkingDirectory, PASSWORD, readServiceKey, run, serve } from '../../e2e/support.ts';
import { cheapHashing } from '../support.ts';

/** Room for the database and some rows. */
const DISK = 'size=48m';
/** SQLSTATE `disk_full`. */
const DISK_FULL = '53100';
const REMEDY =
  'This test mounts a small tmpfs: run it as root on Linux, or in a user namespace (`unshare -rm npm run test:faults -- embedded-full-disk`).';

/** Mounts a small disk. It is unmounted after the test. @throws Error with the remedy */
function mountDisk(path: string): void {
  mkdirSync(path);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', path]);
  if (mounted.status !== 0) throw new Error(`${String(mounted.stderr ?? mounted.error)}${REMEDY}`);
  onTestFinished(() => void spawnSync('umount', ['--lazy', path]));
}

/** Writes to the database until its disk is full, and kills the writer. @returns the SQLSTATE of the last write */
function fillAndKill(path: string): string {
  const script = fileURLToPath(new URL('../../support/fill-disk-child.ts', import.meta.url));
  const child = spawnSync(process.execPath, ['--import', 'tsx', script, path]);
  expect(child.signal, String(child.stderr)).toBe('SIGKILL');
  return String(child.stdout).trim();
}

test('killed on a full disk, the service says that the disk is full, and starts whole with room', async () => {
  const cwd = createWorkingDirectory();
  const data = join(cwd, 'data');
  mountDisk(data);
  const first = await serve(cwd, cheapHashing);
  const acknowledged: string[] = [];
  for (let index = 0; index < 10; index += 1) {
    const email = `disk-${index}@example.com`;
    const body = { first_name: 'Ines', last_name: 'Hallberg', email, password: PASSWORD };
    const answer = await fetch(`${first.url}/v1/users`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(201);
    acknowledged.push(((await answer.json()) as { id: string }).id);
  }
  await first.process.kill();
  expect(fillAndKill(join(data, 'postgres'))).toBe(DISK_FULL);

  const refused = await run(['serve'], cwd, cheapHashing);
  expect(refused.code).toBe(1);
  expect(refused.output).toMatch(/disk is full.*start needs 16 MiB\. The data is not damaged/);
  expect(refused.output).not.toMatch(/Restore a copy/);

  expect(spawnSync('mount', ['-o', 'remount,size=128m', data]).status).toBe(0);
  const second = await serve(cwd, cheapHashing);
  const key = readServiceKey(cwd);
  for (const id of acknowledged) {
    const read = await fetch(`${second.url}/v1/users/${id}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(read.status).toBe(200);
  }
  expect(readdirSync(join(data, 'postgres'))).not.toContain('.user-service-start-check');
});
