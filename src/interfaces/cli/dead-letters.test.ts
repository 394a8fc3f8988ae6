import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CliRun, runCommand } from '../../../test/support/cli-setting.ts';
import {
  type FakeAnswer,
  type FakeUserService,
  problem,
  startFakeUserService,
} from '../../../test/support/fake-user-service.ts';
import { createTemporaryDirectory } from '../../../test/support/temp-directory.ts';
import type { Target } from './target.ts';

const ID = '0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61';
const TIME = '2026-01-02T03:04:05.678Z';

const kinds = [
  {
    command: 'events dead-letters',
    path: '/v1/events/dead-letters',
    row: {
      ...{ id: ID, type: 'user.created', time: TIME, user_id: null, dead_at: TIME },
      ...{ attempts: 10, waiting_behind: 2, last_error: 'too\u001b[2Jlarge' },
    },
    table: [
      'ID                                    TYPE          USER  DEAD SINCE                ATTEMPTS  BEHIND  ERROR',
      `${ID}  user.created  -     ${TIME}  10        2       too?[2Jlarge`,
    ],
  },
  {
    command: 'mail dead-letters',
    path: '/v1/mail/dead-letters',
    row: {
      ...{ id: ID, kind: 'password_changed', created_at: TIME, dead_at: TIME },
      ...{ attempts: 1, last_error: '550 no\nsuch mailbox' },
    },
    table: [
      'ID                                    KIND              QUEUED                    DEAD SINCE                ATTEMPTS  ERROR',
      `${ID}  password_changed  ${TIME}  ${TIME}  1         550 no?such mailbox`,
    ],
  },
];

let directory: ReturnType<typeof createTemporaryDirectory>;
let service: FakeUserService;
let socketPath: string;
let answer: FakeAnswer;
beforeEach(async () => {
  directory = createTemporaryDirectory('cli');
  socketPath = join(directory.path, 'control.sock');
  service = await startFakeUserService({ socketPath, answer: () => answer });
});
afterEach(async () => {
  await service.stop();
  await directory.remove();
});

describe.each(kinds)('$command', ({ command, path, row, table }) => {
  const run = (...args: string[]): Promise<CliRun> =>
    runCommand([...command.split(' '), ...args], { socketPath });

  test('list prints a table, or one JSON object a line, with control characters replaced', async () => {
    answer = { status: 200, body: { dead_letters: [row] } };
    expect(await run('list')).toMatchObject({ code: 0, stdout: table, stderr: [] });
    const json = await run('list', '--json');
    expect([json.code, json.stdout.map((line) => JSON.parse(line))]).toEqual([0, [row]]);
    expect(service.requests).toMatchObject([
      { method: 'GET', path },
      { method: 'GET', path },
    ]);
  });

  test('an empty list succeeds and leaves standard output empty', async () => {
    answer = { status: 200, body: { dead_letters: [] } };
    expect(await run('list')).toMatchObject({ code: 0, stdout: [], stderr: ['no dead letters'] });
    expect(await run('list', '--json')).toMatchObject({ code: 0, stdout: [], stderr: [] });
  });

  test('requeue sends one id, or null for all', async () => {
    answer = { status: 200, body: { count: 1 } };
    const one = await run('requeue', ID.toUpperCase());
    expect(one).toMatchObject({ code: 0, stdout: ['requeued 1 dead letter'] });
    answer = { status: 200, body: { count: 0 } };
    const all = await run('requeue', '--all', '--json');
    expect(all).toMatchObject({ code: 0, stdout: ['{"requeued":0}'] });
    expect(service.requests).toMatchObject([
      { method: 'POST', path: `${path}/requeue`, body: { id: ID } },
      { method: 'POST', path: `${path}/requeue`, body: { id: null } },
    ]);
  });

  test('drop sends one id', async () => {
    answer = { status: 200, body: { count: 1 } };
    expect(await run('drop', ID)).toMatchObject({ code: 0, stdout: ['dropped 1 dead letter'] });
    expect(await run('drop', ID, '--json')).toMatchObject({ code: 0, stdout: ['{"dropped":1}'] });
    expect(service.requests[0]).toMatchObject({ method: 'DELETE', path: `${path}/${ID}` });
  });

  test.each(['requeue', 'drop'])('%s of an unknown id fails', async (verb) => {
    answer = { status: 200, body: { count: 0 } };
    const { code, stdout, stderr } = await run(verb, ID);
    expect([code, stdout, stderr]).toEqual([1, [], [`error: There is no dead letter ${ID}.`]]);
    const json = await run(verb, ID, '--json');
    expect(JSON.parse(json.stderr.join('')).error.code).toBe('dead_letter_not_found');
  });

  test.each([
    [['requeue']],
    [['requeue', ID, '--all']],
    [['requeue', 'x']],
    [['drop']],
    [['drop', 'x']],
    [['drop', ID, ID]],
    [['list', '--url', 'http://127.0.0.1:1']],
    [['bogus']],
    [[]],
  ])('%j is wrong usage and sends no request', async (args) => {
    expect(await run(...args)).toMatchObject({ code: 2, stdout: [] });
    expect(service.requests).toEqual([]);
  });

  test('an error of the service is printed as it is', async () => {
    answer = problem(503, 'unavailable');
    const { code, stderr } = await run('list');
    expect([code, stderr]).toEqual([
      1,
      ['error: The unavailable text. (unavailable, request req-1)'],
    ]);
    answer = { status: 200, body: 'hello' };
    for (const args of [['list'], ['drop', ID]]) {
      expect((await run(...args)).output).toContain('not from the user service');
    }
  });

  test('requires a running service, and never opens its data instead', async () => {
    const targets: Target[] = [];
    const openOperator = async (target: Target) => {
      targets.push(target);
      throw new Error('No service runs.');
    };
    const { code, stderr } = await runCommand([...command.split(' '), 'list'], { openOperator });
    expect([code, stderr, targets]).toEqual([1, ['error: No service runs.'], [{ mustRun: true }]]);
  });

  test('every help has a hint, examples and exit codes; the notes are in the help of the group', async () => {
    for (const verb of ['list', 'requeue', 'drop']) {
      const { code, stdout } = await run(verb, '--help');
      expect(code).toBe(0);
      expect(stdout.join('\n')).toMatch(/--json[\s\S]*operator[\s\S]*Examples:[\s\S]*2 {2}wrong/);
      expect(stdout.join('\n')).not.toContain('becomes a dead letter');
    }
    const group = await runCommand([...command.split(' '), '--help'], { socketPath });
    expect([group.code, group.stderr]).toEqual([0, []]);
    expect(group.stdout.join('\n')).toMatch(
      /becomes a dead letter[\s\S]*--url[\s\S]*Examples:[\s\S]*2 {2}wrong/,
    );
  });
});
