import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMasterKey, postgresEnvironment } from '../support/app.ts';
import { type RunningProcess, startProcess } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { findFreePort } from '../support/free-port.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { createWorkingDirectory, type Env, register } from './support.ts';

const launcher = fileURLToPath(new URL('../../bin/user-service.cjs', import.meta.url));
const SERVE = `'${process.execPath}' '${launcher}' serve`;
/** Bytes of the log at which the disk counts as full. */
const FULL_AT = 4_000;

async function shell(
  script: string,
  options: { readonly cwd?: string; readonly env?: Env } = {},
): Promise<RunningProcess> {
  const { PATH = '' } = process.env;
  const started = await startProcess('/bin/sh', ['-c', script], {
    cwd: options.cwd ?? createWorkingDirectory(),
    env: { PATH, SERVER_PORT: '0', SERVER_SHUTDOWN_DELAY: '0s', ...options.env },
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
    const program = await shell(`exec ${SERVE} 1< /dev/null`, { env: { SERVER_PORT: port } });
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

describe('a log on a disk that was full', () => {
  it('has whole lines, and the number of those that are missing', async () => {
    const { connectionOptions } = await createTestDatabase();
    const port = await findFreePort();
    const cwd = createWorkingDirectory();
    // As on a full disk, a write beyond the largest size of a file takes a part of the line, and the next one fails.
    const program = await shell(`exec prlimit --fsize=${FULL_AT}:unlimited ${SERVE} >> log`, {
      cwd,
      env: {
        ...postgresEnvironment(connectionOptions),
        SECURITY_MASTER_KEY: createMasterKey(),
        SERVER_PORT: String(port),
      },
    });
    const url = `http://127.0.0.1:${port}`;
    const log = join(cwd, 'log');
    await eventually(
      async () => {
        await fetch(`${url}/health/ready`);
        expect(program.stderr()).toContain('The log cannot be written (EFBIG)');
      },
      { timeoutMs: 60_000 },
    );
    expect(statSync(log).size).toBe(FULL_AT);
    await promisify(execFile)('prlimit', [`--pid=${program.pid}`, '--fsize=unlimited']);
    await eventually(async () => {
      await fetch(`${url}/health/live`);
      expect(readFileSync(log, 'utf8')).toContain('the log can be written again');
    });
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });

    const text = readFileSync(log, 'utf8');
    const half = text.slice(text.lastIndexOf('\n', FULL_AT - 1) + 1, FULL_AT);
    expect(half).toMatch(/^\{"level":/);
    expect(text[FULL_AT]).toBe('\n');
    const whole = text.replace(`${half}\n`, '').trimEnd().split('\n');
    const lines = whole.map((line) => JSON.parse(line) as Record<string, unknown>);
    const reports = lines.filter(({ message }) => message === 'the log can be written again');
    expect(reports).toHaveLength(1);
    expect(reports[0]?.dropped_lines).toBeGreaterThan(0);
    expect(program.stderr().trim().split('\n')).toHaveLength(1);
  });
});
