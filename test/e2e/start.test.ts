import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism, constants, getPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startProcess } from '../support/child-process.ts';
import {
  createWorkingDirectory,
  listEmails,
  PASSWORD,
  readServiceKey,
  register,
  run,
  serve,
} from './support.ts';

const launcher = fileURLToPath(new URL('../../bin/user-service.cjs', import.meta.url));

describe('the first start without any server', () => {
  it('writes two keys that only their owner can read, and logs its URL', async () => {
    const cwd = createWorkingDirectory();
    const { url, ready, process } = await serve(cwd);
    expect(ready).toMatchObject({
      level: 'info',
      message: 'ready',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      docs: `${url}/docs`,
      database: 'embedded',
      cache: 'memory',
      messaging: 'off',
    });
    for (const name of ['service-key', 'master-key', 'control.sock']) {
      expect(statSync(join(cwd, 'data', name)).mode & 0o777, name).toBe(0o600);
    }
    const key = readServiceKey(cwd);
    expect(key).toMatch(/^usk_/);
    expect(process.output()).toContain(join(cwd, 'data', 'service-key'));
    expect(process.output()).not.toContain(key);
    expect(process.stderr()).toBe('');
    expect(await listEmails(url, cwd)).toEqual([]);
    expect((await fetch(`${url}/docs`)).status).toBe(200);
  });

  it('has the tables of domains and numbering plans, which are files of the build', async () => {
    const { url } = await serve(createWorkingDirectory());
    const send = async (person: object) => {
      const response = await fetch(`${url}/v1/users`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          ...{ first_name: 'Edda', last_name: 'Lund', email: 'edda@bücher.example' },
          ...{ password: PASSWORD, ...person },
        }),
      });
      return [response.status, await response.json()];
    };
    const wrong = await send({ phone: '+440000' });
    expect(wrong).toMatchObject([422, { errors: [{ pointer: '/phone', code: 'phone_invalid' }] }]);
    const phone = '+442079460000';
    const created = await send({ phone });
    expect(created).toMatchObject([201, { email: 'edda@xn--bcher-kva.example', phone }]);
  });

  it.runIf(process.platform === 'linux')(
    'gives the threads that hash passwords a lower priority, and no other thread',
    async () => {
      const service = await serve(createWorkingDirectory());
      const { pid } = service.process;
      const threads = readdirSync(`/proc/${pid}/task`).map(Number);
      const lowered = threads.filter(
        (id) => getPriority(id) === constants.priority.PRIORITY_BELOW_NORMAL,
      );
      expect(lowered).toHaveLength(availableParallelism() + 4);
      expect(lowered).not.toContain(pid);
      const others = threads.filter((id) => !lowered.includes(id));
      expect(new Set(others.map((id) => getPriority(id)))).toEqual(new Set([getPriority()]));
    },
  );

  it('shows the key on a terminal, at the first start only', async () => {
    const cwd = createWorkingDirectory();
    const onTerminal = async () => {
      const { PATH = '' } = process.env;
      const command = `${process.execPath} ${launcher} serve`;
      // util-linux takes the command as one argument, BSD as the rest.
      const args =
        process.platform === 'linux'
          ? ['-qec', command, '/dev/null']
          : ['-q', '/dev/null', ...command.split(' ')];
      const terminal = await startProcess('script', args, {
        cwd,
        env: { PATH, SERVER_PORT: '0', TERM: 'dumb' },
      });
      onTestFinished(async () => void (await terminal.kill()));
      await terminal.waitForLine(/try +curl/, 60_000);
      return terminal;
    };
    const first = await onTerminal();
    const key = readServiceKey(cwd);
    expect(first.output()).toContain('user-service is ready on http://127.0.0.1:');
    expect(first.output()).toContain(join(cwd, 'data', 'service-key'));
    expect(first.output()).toContain(key);
    await first.stop();
    const second = await onTerminal();
    expect(second.output()).not.toContain(key);
    await second.stop();
  });
});

describe('a later start', () => {
  it('keeps the data and both keys, and creates no second account', async () => {
    const cwd = createWorkingDirectory();
    const keyFiles = () =>
      ['service-key', 'master-key'].map((name) => {
        const path = join(cwd, 'data', name);
        return [readFileSync(path, 'utf8'), statSync(path).mtimeMs];
      });
    const first = await serve(cwd);
    await register(first.url, 'stay@example.com');
    const before = keyFiles();
    expect(await first.process.stop()).toEqual({ code: 0, signal: null });
    expect(existsSync(join(cwd, 'data', 'control.sock'))).toBe(false);

    const second = await serve(cwd);
    expect(await listEmails(second.url, cwd)).toEqual(['stay@example.com']);
    expect(keyFiles()).toEqual(before);
    const { stdout } = await run(['service-accounts', 'list', '--json'], cwd);
    expect(stdout.trim().split('\n')).toHaveLength(1);
  });

  it('has every acknowledged user after SIGKILL, and replaces the dead socket', async () => {
    const cwd = createWorkingDirectory();
    const first = await serve(cwd);
    await register(first.url, 'survivor@example.com');
    await first.process.kill();
    expect(existsSync(join(cwd, 'data', 'control.sock'))).toBe(true);

    const second = await serve(cwd);
    expect(await listEmails(second.url, cwd)).toEqual(['survivor@example.com']);
  });

  it('signs in people who registered before', async () => {
    const cwd = createWorkingDirectory();
    const first = await serve(cwd);
    const { email } = await register(first.url, 'return@example.com');
    await first.process.stop();
    const second = await serve(cwd);
    const response = await fetch(`${second.url}/v1/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password: PASSWORD }),
    });
    expect(response.status).toBe(201);
  });
});

describe('a data directory in use', () => {
  it('refuses a second service with the path, and does not disturb the first one', async () => {
    const cwd = createWorkingDirectory();
    const first = await serve(cwd);
    const second = await run(['serve'], cwd);
    expect(second.code).toBe(1);
    expect(second.output).toContain(
      `could not start: Another process uses the data directory ${join(cwd, 'data')}.`,
    );
    expect(second.output.trim().split('\n')).toHaveLength(1);
    await register(first.url, 'unharmed@example.com');
    expect((await run(['users', 'get', 'unharmed@example.com'], cwd)).code).toBe(0);
  });
});

describe('commands that need data', () => {
  it('use the running service, or work on the files if none runs', async () => {
    const cwd = createWorkingDirectory();
    const service = await serve(cwd);
    const { id } = await register(service.url, 'command@example.com');
    const outputs = async () => ({
      list: await run(['users', 'list', '--json'], cwd),
      get: await run(['users', 'get', id, '--json'], cwd),
      accounts: await run(['service-accounts', 'list', '--json'], cwd),
    });
    const running = await outputs();
    await service.process.stop();
    const stopped = await outputs();
    for (const { list, get, accounts } of [running, stopped]) {
      expect([list.code, get.code, accounts.code]).toEqual([0, 0, 0]);
      expect(JSON.parse(list.stdout)).toMatchObject({ id, email: 'command@example.com' });
      expect(JSON.parse(get.stdout)).toMatchObject({ id, version: 1 });
      expect(JSON.parse(accounts.stdout)).toMatchObject({ name: 'first-start' });
    }
  });

  it('create a service account whose key works until it is revoked', async () => {
    const cwd = createWorkingDirectory();
    const { url } = await serve(cwd);
    const create = ['service-accounts', 'create', 'billing', '--scope', 'users:read', '--json'];
    const created = await run(create, cwd);
    expect(created.code).toBe(0);
    const account = JSON.parse(created.stdout) as { id: string; key: string };
    const status = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${account.key}` };
      return (await fetch(`${url}/v1/users`, { headers })).status;
    };
    expect(await status()).toBe(200);
    expect((await run(['service-accounts', 'revoke', account.id], cwd)).code).toBe(0);
    expect(await status()).toBe(401);
  });

  it('release the data directory', async () => {
    const cwd = createWorkingDirectory();
    expect((await run(['users', 'list'], cwd)).code).toBe(0);
    expect((await run(['migrate', 'status'], cwd)).code).toBe(0);
    const { url } = await serve(cwd);
    expect(await listEmails(url, cwd)).toEqual([]);
  });
});
