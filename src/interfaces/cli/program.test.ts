import type { Command } from 'commander';
import { afterEach, describe, expect, test } from 'vitest';
import { type CliSetting, cliDeps, runCommand } from '../../../test/support/cli-setting.ts';
import { DomainError } from '../../domain/errors.ts';
import { helpWidth } from './help.ts';
import { createProgram } from './program.ts';

const calls: unknown[] = [];
afterEach(() => {
  calls.length = 0;
});

/** Every injected command records its call and exits with 7, which no command returns by itself. */
const recording: CliSetting = {
  serve: async () => calls.push(['serve']) + 6,
  migrate: async (args, json) => calls.push(['migrate', args, json]) + 6,
  configPrint: async (args) => calls.push(['print', args]) + 6,
  configCheck: async (args) => calls.push(['check', args]) + 6,
};

/** The command and all its subcommands, with their paths. */
function allCommands(command: Command, path: readonly string[] = []): [string[], Command][] {
  return [
    [[...path], command],
    ...command.commands.flatMap((child) => allCommands(child, [...path, child.name()])),
  ];
}

const commands = allCommands(createProgram(cliDeps().deps, () => {}));

describe('dispatch', () => {
  test.each([
    [[], ['serve']],
    [['serve'], ['serve']],
    [
      ['config', 'print', '--json'],
      ['print', ['--json']],
    ],
    [
      ['config', 'check'],
      ['check', []],
    ],
    [
      ['migrate', 'up'],
      ['migrate', ['up'], false],
    ],
    [
      ['migrate', 'down', '2', '--allow-data-loss'],
      ['migrate', ['down', '2', '--allow-data-loss'], false],
    ],
    [
      ['migrate', 'goto', '0', '--json'],
      ['migrate', ['goto', '0', '--json'], true],
    ],
    [
      ['migrate', 'create', 'add_nickname'],
      ['migrate', ['create', 'add_nickname'], false],
    ],
    [
      ['migrate', 'status'],
      ['migrate', ['status'], false],
    ],
  ])('%j runs its command and returns its exit code', async (argv, call) => {
    const run = await runCommand(argv, recording);
    expect(calls).toEqual([call]);
    expect(run.code).toBe(7);
  });

  test.each([
    [['srve'], "unknown command 'srve'", 'Did you mean serve?'],
    [['user'], "unknown command 'user'", 'Did you mean users?'],
    [['users', 'crate'], "unknown command 'crate'", 'Did you mean create?'],
    [['migrate', 'dwn'], "unknown command 'dwn'", 'Did you mean down?'],
    [['users', 'list', '--limt', '3'], "unknown option '--limt'", 'Did you mean --limit?'],
    [['users', 'list', '--limit', '0'], 'whole number from 1', '--help'],
    [['migrate', 'goto'], "missing required argument 'version'", '--help'],
    [['serve', 'extra'], 'too many arguments', '--help'],
    [['service-accounts', 'create', 'billing'], 'required option', '--scope'],
  ])('%j is wrong usage, and the message helps', async (argv, ...parts) => {
    const run = await runCommand(argv, recording);
    expect(run.code).toBe(2);
    expect(run.stdout).toEqual([]);
    for (const part of parts) expect(run.stderr.join('\n')).toContain(part);
    expect(calls).toEqual([]);
  });

  test.each([
    [['srve', '--json'], "unknown command 'srve'"],
    [['users', '--json'], "unknown option '--json'"],
    [['users', 'list', '--limit', 'canary', '--json'], '--limit <n>: It must be a whole number'],
    [['events', 'dead-letters', 'drop', 'canary', '--json'], '<id>: It must be a UUID.'],
    [['users', 'get', 'canary', '--json'], 'must be the id of a user'],
  ])('%j is one object with the code `usage` on standard error', async (argv, message) => {
    const run = await runCommand(argv, recording);
    expect(run).toMatchObject({ code: 2, stdout: [], stderr: [expect.any(String)] });
    const { error } = JSON.parse(run.stderr.join(''));
    expect(error.code).toBe('usage');
    expect(error.message).toContain(message);
    expect(run.output).not.toContain('canary');
  });

  test('an argument that is not UTF-8 is wrong usage', async () => {
    const run = await runCommand(['users', 'get', 'ren\ufffd@example.com'], recording);
    expect(run).toMatchObject({ code: 2, stdout: [] });
    expect(run.stderr.join()).toContain('not UTF-8');
  });

  test('a group without a subcommand shows its help and is wrong usage', async () => {
    const run = await runCommand(['users']);
    expect(run.code).toBe(2);
    expect(run.stdout).toEqual([]);
    expect(run.stderr.join('\n')).toContain('Usage: user-service users');
  });

  test('--version prints the version', async () => {
    expect(await runCommand(['--version'])).toMatchObject({ code: 0, stdout: ['1.2.3'] });
  });
});

describe('help', () => {
  test.each(commands)(
    '%j shows its usage, description, examples and exit codes, within the terminal',
    async (path, command) => {
      const run = await runCommand([...path, '--help']);
      expect(run.code).toBe(0);
      expect(run.stderr).toEqual([]);
      const text = run.stdout.join('\n');
      expect(text).toContain(`Usage: ${['user-service', ...path].join(' ')}`);
      expect(command.description()).not.toBe('');
      expect(text.replace(/\s+/g, ' ')).toContain(command.description());
      expect(text).toMatch(/Examples:\n {2}\S/);
      // An example is one line, so that it can be copied.
      const prose = text.split('\n').filter((line) => !/^ {2,6}\S.*user-service/.test(line));
      for (const line of prose) expect(line.length).toBeLessThanOrEqual(100);
      expect(text).toMatch(/Exit codes:\n {2}0 .+\n {2}1 .+\n {2}2 {2}wrong usage/);
      for (const option of [...command.options, ...command.registeredArguments]) {
        expect(option.description !== '' || ('hidden' in option && option.hidden)).toBe(true);
      }
    },
  );

  test('a note stands in the help of its group only', async () => {
    const sentence = 'PostgreSQL needs a direct connection';
    const text = async (...path: string[]): Promise<string> =>
      (await runCommand([...path, '--help'])).output.replace(/\s+/g, ' ');
    expect(await text('migrate')).toContain(sentence);
    expect(await text('migrate', 'up')).not.toContain(sentence);
  });

  test('is as wide as the terminal, from 60 to 100 columns', () => {
    expect([20, 80, 240].map(helpWidth)).toEqual([60, 80, 100]);
  });

  test('every command that prints data takes --json', () => {
    const without = commands
      .filter(([, command]) => command.commands.length === 0)
      .filter(([, command]) => !command.options.some(({ long }) => long === '--json'))
      .map(([path]) => path.join(' '));
    expect(without).toEqual(['serve']);
  });
});

describe('failures', () => {
  test.each([
    ['an error of opening the target', new Error('The data directory is in use.')],
    ['a domain error', new DomainError('forbidden', 'The data directory is in use.')],
  ])('%s is one line and exit code 1', async (_name, error) => {
    const run = await runCommand(['users', 'list'], { openOperator: () => Promise.reject(error) });
    expect(run).toMatchObject({
      code: 1,
      stdout: [],
      stderr: ['error: The data directory is in use.'],
    });
  });

  test('an unexpected error is rethrown with its stack', async () => {
    const serve = () => Promise.reject(new TypeError('undefined is not a function'));
    await expect(runCommand([], { serve })).rejects.toThrow(TypeError);
  });

  test('a secret after a mistyped flag is not repeated', async () => {
    const run = await runCommand(['users', 'create', '--pasword=canary-88']);
    expect(run.code).toBe(2);
    expect(run.stderr.join('\n')).toContain("unknown option '--pasword'");
    expect(run.output).not.toContain('canary-88');
  });
});
