import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../../../test/support/cli-setting.ts';
import {
  type FakeUserService,
  problem,
  startFakeUserService,
} from '../../../../test/support/fake-user-service.ts';
import { createTemporaryDirectory } from '../../../../test/support/temp-directory.ts';

const ID = '0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61';
const PASSWORD = 'canary-password-417';
const KEY = `usk_${'k'.repeat(49)}`;

let service: FakeUserService;
let directory: ReturnType<typeof createTemporaryDirectory>;
beforeEach(async () => {
  directory = createTemporaryDirectory('cli');
  service = await startFakeUserService();
});
afterEach(async () => {
  await service.stop();
  await directory.remove();
});

const person = ['--first-name', 'Ada', '--last-name', 'Okafor', '--email', 'ada@example.com'];
const user = (number: number) => ({
  id: ID.replace(/.$/, String(number % 10)),
  first_name: 'Ada',
  last_name: `Number${number}`,
  email: `p${number}@example.com`,
  phone: null,
  status: 'active',
  created_at: '2026-01-01T00:00:00.000Z',
});
function haveUsers(count: number): void {
  for (let number = 1; number <= count; number++)
    service.users.set(`p${number}@example.com`, user(number));
}

describe('users create for one person', () => {
  const create = ['users', 'create', ...person];

  test('reads the password from standard input without its line break', async () => {
    const run = await runCommand([...create, '--url', service.url], { stdin: `${PASSWORD}\r\n` });
    expect(run.code).toBe(0);
    expect(service.requests[0]?.body).toEqual({
      first_name: 'Ada',
      last_name: 'Okafor',
      email: 'ada@example.com',
      password: PASSWORD,
    });
    expect(run.stdout.join('\n')).toMatch(/^email +ada@example\.com$/m);
    expect(run.output).not.toContain(PASSWORD);
  });

  test('prompts twice on a terminal, and again when the two differ, three times in all', async () => {
    const argv = [...create, '--url', service.url, '--json'];
    const typo = [PASSWORD, 'another-secret'];
    const hidden = [...typo, '', ...typo, PASSWORD, PASSWORD];
    const differing = await runCommand(argv, { hidden });
    expect(differing).toMatchObject({ code: 1, stdout: [] });
    expect(differing.output).not.toContain(PASSWORD);
    expect(service.requests).toEqual([]);
    const run = await runCommand(argv, { hidden: [...typo, '', PASSWORD, PASSWORD] });
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout.join('\n'))).toMatchObject({ email: 'ada@example.com' });
  });

  test('shows why a person is refused', async () => {
    const run = await runCommand([...create, '--url', service.url], { stdin: 'short7!' });
    expect(run.code).toBe(1);
    expect(run.stderr).toEqual([
      'error: password: Must have at least 8 characters. (password_too_short)',
    ]);
  });

  test.each([
    ['a password as a flag', [...create, '--password', PASSWORD]],
    ['a password as a flag with =', [...create, `--password=${PASSWORD}`]],
    ['a file and a person', [...create, '--file', 'people.ndjson']],
    ['a person without an e-mail address', create.slice(0, -2)],
    ['a flag of files for one person', [...create, '--restart']],
    ['nothing', ['users', 'create']],
  ])('%s is wrong usage', async (_name, argv) => {
    const run = await runCommand([...argv, '--url', service.url], { stdin: PASSWORD });
    expect(run).toMatchObject({ code: 2, stdout: [] });
    expect(run.output).not.toContain(PASSWORD);
    expect(service.requests).toEqual([]);
  });

  test('without a password is wrong usage', async () => {
    const run = await runCommand([...create, '--url', service.url], { stdin: '\n' });
    expect(run.code).toBe(2);
  });
});

describe('users get', () => {
  test('shows a user by id and by e-mail address', async () => {
    haveUsers(3);
    const byId = await runCommand(['users', 'get', user(2).id, '--url', service.url]);
    expect(byId.code).toBe(0);
    expect(byId.stdout).toContain('last_name       Number2');
    const argv = ['users', 'get', 'p3@example.com', '--json', '--url', service.url];
    expect(JSON.parse((await runCommand(argv)).stdout.join(''))).toEqual(user(3));
  });

  test('fails for a user who does not exist, and refuses other arguments', async () => {
    for (const argument of ['nobody+a&b@example.com', ID]) {
      const run = await runCommand(['users', 'get', argument, '--url', service.url]);
      expect(run).toMatchObject({ code: 1, stderr: ['error: no user matches'] });
    }
    expect(service.requests[0]?.path).toBe('/v1/users?email=nobody%2Ba%26b%40example.com');
    expect((await runCommand(['users', 'get', 'ada', '--url', service.url])).code).toBe(2);
  });
});

describe('users list', () => {
  const list = (...args: string[]) => runCommand(['users', 'list', '--url', service.url, ...args]);

  test('shows a table with aligned columns, and reports that there are more users', async () => {
    haveUsers(60);
    service.users.set('x', { ...user(0), first_name: '美咲', last_name: '\u001b[31mred' });
    const run = await list('--limit', '61');
    expect(run.stdout[0]).toMatch(/^ID {36}NAME {2,}E-MAIL {2,}PHONE {2}STATUS {2}CREATED$/);
    expect(run.stdout).toHaveLength(62);
    expect(run.output).not.toContain('\u001b');
    expect(run.stderr).toEqual([]);
    expect((await list()).stderr.join()).toContain('--limit N or --all');
    expect((await list()).stdout).toHaveLength(51);
  });

  test('follows the cursors to the end with --all, one JSON document a line with --json', async () => {
    haveUsers(450);
    const run = await list('--all', '--json');
    expect(run.stdout.map((line) => JSON.parse(line).email)).toEqual([...service.users.keys()]);
    expect(
      service.requests.map(({ path }) => new URL(path, 'http://x').searchParams.get('limit')),
    ).toEqual(['200', '200', '200']);
  });

  test('finds users by text, and with a limit above one page', async () => {
    haveUsers(450);
    expect((await list('--limit', '300', '--json')).stdout).toHaveLength(300);
    const found = await list('--query', 'Number44', '--json');
    expect(found.stdout).toHaveLength(11);
    expect(await list('--query', 'nobody')).toMatchObject({
      code: 0,
      stdout: [],
      stderr: ['no users'],
    });
  });

  test('says which scope is missing', async () => {
    await service.stop();
    service = await startFakeUserService({ answer: () => problem(401, 'unauthenticated') });
    const run = await list();
    expect(run.code).toBe(1);
    expect(run.stderr.join()).toMatch(/unauthenticated.*users:read \(--key-file/);
  });
});

describe('the service key', () => {
  const list = (setting: object, ...args: string[]) =>
    runCommand(['users', 'list', ...args], setting);
  const sentKey = (): unknown => service.requests.at(-1)?.headers.authorization;

  test('is read from ./data/service-key for a URL on this machine, or from the file of --key-file', async () => {
    const cwd = directory.path;
    await list({ cwd }, '--url', service.url);
    expect(sentKey()).toBeUndefined();
    mkdirSync(join(cwd, 'data'));
    writeFileSync(join(cwd, 'data', 'service-key'), `${KEY}\n`);
    await list({ cwd }, '--url', service.url);
    expect(sentKey()).toBe(`Bearer ${KEY}`);
    writeFileSync(join(cwd, 'other'), `${KEY}2`);
    await list({ cwd }, '--url', service.url, '--key-file', 'other');
    expect(sentKey()).toBe(`Bearer ${KEY}2`);
  });

  test('of this machine is sent to another one only with --key-file', async () => {
    mkdirSync(join(directory.path, 'data'));
    writeFileSync(join(directory.path, 'data', 'service-key'), KEY);
    const targets: unknown[] = [];
    const setting = {
      cwd: directory.path,
      openOperator: (target: unknown) => {
        targets.push(target);
        return Promise.reject(new Error('not reached'));
      },
    };
    const run = await list(setting, '--url', 'http://users.example.com');
    expect(targets).toEqual([{ url: 'http://users.example.com' }]);
    expect(run.stderr[0]).toContain('unencrypted');
    await list(setting, '--url', 'https://users.example.com', '--key-file', 'data/service-key');
    expect(targets[1]).toEqual({ url: 'https://users.example.com', key: KEY });
  });

  test('is refused without its text if the file contains something else', async () => {
    writeFileSync(join(directory.path, 'wrong'), 'canary something else');
    const setting = { cwd: directory.path };
    const run = await list(setting, '--url', service.url, '--key-file', 'wrong');
    expect(run.code).toBe(1);
    expect(run.stderr.join()).toContain('does not contain a service key');
    expect(run.output).not.toContain('canary');
    expect((await list(setting, '--url', service.url, '--key-file', 'missing')).code).toBe(1);
    expect((await list(setting, '--key-file', 'wrong')).code).toBe(2);
  });
});
