import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startProcess } from '../support/child-process.ts';
import { createWorkingDirectory, outcomeOf, serve } from './support.ts';

const launcher = fileURLToPath(new URL('../../bin/user-service.cjs', import.meta.url));
const LIMIT = 'this process may not open more files';

it.each(['SIGHUP', 'SIGUSR2'] as const)('%s stops the service in order', async (signal) => {
  const { process } = await serve(createWorkingDirectory(), { SERVER_SHUTDOWN_DELAY: '1s' });
  process.signal(signal);
  await process.waitForLine(/"message":"stopping"/);
  // A terminal that closes sends it twice.
  process.signal(signal);
  const { code, output } = await outcomeOf(process);
  expect(code).toBe(0);
  expect(output).toContain('"message":"stopped"');
});

it('SIGUSR1 opens no debugger, and the service goes on', async () => {
  const { url, process } = await serve(createWorkingDirectory());
  for (let turn = 0; turn < 3; turn += 1) {
    process.signal('SIGUSR1');
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  }
  process.signal('SIGTERM');
  expect(await process.exited).toEqual({ code: 0, signal: null });
  expect(process.stderr()).toBe('');
});

describe('a process that may not open enough files', () => {
  // The first limit is met while the program is loaded, the second while the service starts.
  it.each([40, 100])('says so in one line with a limit of %i', async (limit) => {
    const script = `ulimit -n ${limit}; exec '${process.execPath}' '${launcher}' serve`;
    const program = await startProcess('/bin/sh', ['-c', script], {
      cwd: createWorkingDirectory(),
      env: { PATH: process.env.PATH, SERVER_PORT: '0' },
    });
    onTestFinished(async () => void (await program.kill()));
    const { code, output } = await outcomeOf(program);
    expect(code).toBe(1);
    const errors = output.split('\n').filter((line) => /error/.test(line));
    expect(errors).toHaveLength(1);
    expect(errors[0]?.toLowerCase()).toContain(LIMIT);
    expect(output).not.toMatch(/\n\s+at /);
  });
});
