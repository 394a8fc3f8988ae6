import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createWorkingDirectory, run, serve } from '../e2e/support.ts';
import { createMasterKey, postgresEnvironment } from '../support/app.ts';
import { findFreePort } from '../support/free-port.ts';
import { createTestDatabase } from '../support/test-database.ts';
import { findUnprivilegedUser } from '../support/unprivileged-user.ts';

describe('in a folder whose path is longer than a socket may have', { timeout: 120_000 }, () => {
  it('commands reach the service, and from elsewhere one sentence says what to do', async () => {
    const top = createWorkingDirectory();
    const cwd = join(top, 'a'.repeat(60), 'b'.repeat(60));
    mkdirSync(cwd, { recursive: true });
    await serve(cwd);
    expect(await run(['users', 'list'], cwd)).toMatchObject({ code: 0, stderr: 'no users\n' });
    expect(await run(['health'], cwd)).toMatchObject({ code: 0, stderr: '' });
    const path = join(cwd, 'data', 'postgres');
    const elsewhere = await run(['users', 'list', '--database.path', path], '/');
    expect(elsewhere.stderr).toMatch(
      /^error: The path of the control socket .* is too long .* Run this in a folder nearer to it.*\n$/,
    );
    expect(elsewhere.code).toBe(1);
  });
});

describe('`health` without an address', { timeout: 120_000 }, () => {
  it.each([
    ['port', 'SERVER_PORT'],
    ['management port', 'SERVER_MANAGEMENT_PORT'],
  ])('asks the configured %s of a service on PostgreSQL', async (_name, variable) => {
    const cwd = createWorkingDirectory();
    const { connectionOptions } = await createTestDatabase();
    const port = await findFreePort();
    const env = {
      ...postgresEnvironment(connectionOptions),
      SECURITY_MASTER_KEY: createMasterKey(),
      SERVER_HOST: '0.0.0.0',
      [variable]: String(port),
    };
    await serve(cwd, env);
    const health = await run(['health', '--json'], cwd, env);
    expect(health).toMatchObject({ code: 0, stderr: '' });
    expect(health.stdout).toContain('"status":"ok"');
    const unused = await findFreePort();
    const missed = await run(['health'], cwd, { ...env, [variable]: String(unused) });
    expect(missed.stderr).toContain(`http://127.0.0.1:${unused}`);
    expect(missed.code).toBe(1);
  });

  it('asks a service on the embedded database that chose its port itself', async () => {
    const cwd = createWorkingDirectory();
    await serve(cwd, { SERVER_PORT: '0' });
    expect(await run(['health'], cwd)).toMatchObject({ code: 0, stderr: '' });
  });

  it('reports a faulty configuration as other commands do', async () => {
    const health = await run(['health'], createWorkingDirectory(), { SERVER_PORT: 'x' });
    expect(health.stderr).toMatch(/^error: The configuration has 1 error:\n {2}server\.port /);
    expect(health.code).toBe(1);
  });
});

describe('a data folder of another user', { timeout: 120_000 }, () => {
  it('is refused with the key and the reason', async () => {
    const runAs = findUnprivilegedUser();
    const cwd = createWorkingDirectory();
    chmodSync(cwd, 0o755);
    mkdirSync(join(cwd, 'data'), { mode: runAs === undefined ? 0o555 : 0o755 });
    onTestFinished(() => chmodSync(join(cwd, 'data'), 0o755));
    const { code, output } = await run(['serve'], cwd, {}, { runAs });
    expect(output).toContain('(EACCES). Check database.path, and who may write there.');
    expect(output).not.toMatch(/control\.sock\./);
    expect(code).toBe(1);
  });

  it('that cannot be entered makes commands say whose service it is', async () => {
    const runAs = findUnprivilegedUser();
    if (runAs === undefined) return expect(process.getuid?.()).not.toBe(0);
    const cwd = createWorkingDirectory();
    chmodSync(cwd, 0o755);
    mkdirSync(join(cwd, 'data'), { mode: 0o700 });
    const { code, stderr } = await run(['users', 'list'], cwd, {}, { runAs });
    expect(stderr).toMatch(
      /^error: This user may not use the control socket in .*data \(EACCES\)\./,
    );
    expect(code).toBe(1);
  });
});

describe('`migrate` while a service has the embedded database open', { timeout: 120_000 }, () => {
  it('shows status and version as it does when the service is stopped', async () => {
    const cwd = createWorkingDirectory();
    const service = await serve(cwd);
    const commands = [['status'], ['version', '--json']];
    const outputs = async () =>
      await Promise.all(commands.map(async (command) => await run(['migrate', ...command], cwd)));
    const running = await outputs();
    for (const { code, stderr } of running)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(running[0]?.stdout).toMatch(
      /^applied {4}000001 init_extensions {2}.*\ncurrent: The database is at version \d+\.\n$/s,
    );
    await service.process.stop();
    const stopped = [];
    for (const command of commands) stopped.push(await run(['migrate', ...command], cwd));
    expect(stopped.map(({ stdout }) => stdout)).toEqual(running.map(({ stdout }) => stdout));
  });

  it('refuses every other command with the process and the way out, and changes nothing', async () => {
    const cwd = createWorkingDirectory();
    const { process: service, url } = await serve(cwd);
    for (const command of [['up'], ['down'], ['goto', '1'], ['force', '1']]) {
      const { code, stderr } = await run(['migrate', ...command], cwd);
      expect(stderr).toContain(
        `The user service itself (process ${service.pid}) uses the data directory ${join(cwd, 'data')}. Stop it with Ctrl-C or \`kill ${service.pid}\``,
      );
      expect(code, command[0]).toBe(1);
    }
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const { stdout } = await run(['migrate', 'status'], cwd);
    expect(stdout).toContain('current: ');
  });
});
