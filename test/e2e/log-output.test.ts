import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RunningProcess, startProcess } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';
import { createWorkingDirectory, register } from './support.ts';

const launcher = fileURLToPath(new URL('../../bin/user-service.cjs', import.meta.url));
const SERVE = `'${process.execPath}' '${launcher}' serve`;

async function shell(script: string, env: Record<string, string> = {}): Promise<RunningProcess> {
  const { PATH = '' } = process.env;
  const started = await startProcess('/bin/sh', ['-c', script], {
    cwd: createWorkingDirectory(),
    env: { PATH, SERVER_PORT: '0', ...env },
  });
  onTestFinished(async () => void (await started.kill()));
  return started;
}

describe('a log that cannot be written', () => {
  it('does not stop the service when the reader has closed the pipe', async () => {
    const program = await shell(`${SERVE} | grep -m 1 '"message":"ready"'`);
    const ready = await program.waitForLine(/"message":"ready"/, 60_000);
    const { url } = JSON.parse(ready) as { url: string };
    await eventually(async () => {
      await fetch(`${url}/health/live`);
      expect(program.stderr()).toContain(
        'The log cannot be written (EPIPE); the service continues without it.',
      );
    });
    for (let turn = 0; turn < 5; turn += 1) await register(url, `unheard-${turn}@example.com`);
    expect(program.stderr().trim().split('\n')).toHaveLength(1);
  });

  it('does not stop the service when writes fail, nor prevent a clean stop', async () => {
    const port = String(await findFreePort());
    // Open for reading only: every write fails, as on a full disk, and on every system.
    const program = await shell(`exec ${SERVE} 1< /dev/null`, { SERVER_PORT: port });
    const url = `http://127.0.0.1:${port}`;
    await eventually(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200), {
      timeoutMs: 60_000,
    });
    await register(url, 'unwritten@example.com');
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(program.stderr()).toContain('The log cannot be written (EBADF)');
  });
});
