import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cliDeps, runCommand } from '../../../test/support/cli-setting.ts';
import { eventually } from '../../../test/support/eventually.ts';
import {
  type FakeAnswer,
  type FakeUserService,
  problem,
  startFakeUserService,
} from '../../../test/support/fake-user-service.ts';
import { createTemporaryDirectory } from '../../../test/support/temp-directory.ts';
import { runCli } from './program.ts';

const USER = '0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61';

let directory: ReturnType<typeof createTemporaryDirectory>;
let service: FakeUserService;
let socketPath: string;
let committed: object[];
/** Replaces the next responses. */
let override: (() => Promise<FakeAnswer> | FakeAnswer) | undefined;
beforeEach(async () => {
  committed = [];
  override = undefined;
  directory = createTemporaryDirectory('cli');
  socketPath = join(directory.path, 'control.sock');
  service = await startFakeUserService({
    socketPath,
    answer: ({ path }) => override?.() ?? { status: 200, body: answerTo(path) },
  });
});
afterEach(async () => {
  await service.stop();
  await directory.remove();
});

function commit(type: string): void {
  const position = committed.length + 1;
  committed.push({
    ...{ id: `event-${position}`, position, type, time: '2026-01-02T03:04:05.678Z' },
    ...{ user_id: USER, user_version: position, data: { changed_fields: ['phone'] } },
  });
}

function answerTo(path: string): object {
  const after = new URL(path, 'http://fake').searchParams.get('after');
  const events = after === null ? [] : committed.slice(Number(after));
  return { events, last_position: committed.length };
}

/** Starts a tail. `stop` simulates Ctrl-C. */
function tail(args: readonly string[] = [], options: { readonly closedAfter?: number } = {}) {
  const interrupted = new AbortController();
  const { deps, stdout, stderr } = cliDeps({ socketPath, signal: interrupted.signal });
  const io = {
    ...deps.io,
    stdoutClosed: () => stdout.length >= (options.closedAfter ?? Number.POSITIVE_INFINITY),
  };
  const exit = runCli({ ...deps, io }, ['events', 'tail', ...args]);
  return { exit, stdout, stderr, stop: () => interrupted.abort() };
}

test('tail prints events from now on, and exits with 0 at Ctrl-C', async () => {
  commit('user.created');
  const { exit, stdout, stderr, stop } = tail();
  await eventually(() => expect(service.requests.length).toBeGreaterThan(1));
  commit('user.updated');
  await eventually(() => expect(stdout).toHaveLength(1));
  stop();
  expect([await exit, stderr]).toEqual([0, []]);
  expect(stdout).toEqual([
    `2026-01-02T03:04:05.678Z user.updated ${USER} v2 {"changed_fields":["phone"]}`,
  ]);
});

test('tail starts at --from-start or --after, and --json prints one object a line', async () => {
  for (const type of ['user.created', 'user.updated', 'user.deleted']) commit(type);
  const all = tail(['--from-start', '--json'], { closedAfter: 3 });
  expect(await all.exit).toBe(0);
  expect(all.stdout.map((line) => JSON.parse(line))).toEqual(committed);
  const some = tail(['--after', '2', '--json'], { closedAfter: 1 });
  expect(await some.exit).toBe(0);
  expect(some.stdout.map((line) => JSON.parse(line))).toEqual(committed.slice(2));
});

test('tail exits with 0 at Ctrl-C during a request', async () => {
  const { exit, stderr, stop } = tail();
  await eventually(() => expect(service.requests.length).toBeGreaterThan(1));
  let requested = false;
  override = () => {
    requested = true;
    return new Promise(() => {});
  };
  await eventually(() => expect(requested).toBe(true));
  stop();
  expect([await exit, stderr]).toEqual([0, []]);
});

test('tail exits with 0 when its reader closes the output', async () => {
  for (const type of ['user.created', 'user.updated']) commit(type);
  expect(await tail(['--from-start'], { closedAfter: 1 }).exit).toBe(0);
});

test('tail survives a short outage, and after a long one prints where to continue', async () => {
  commit('user.created');
  const { exit, stdout, stderr } = tail(['--from-start']);
  await eventually(() => expect(stdout).toHaveLength(1));
  let refused = 0;
  override = () => {
    refused += 1;
    if (refused === 3) override = undefined;
    return problem(503, 'unavailable');
  };
  commit('user.updated');
  await eventually(() => expect(stdout).toHaveLength(2));
  await service.stop();
  expect(await exit).toBe(1);
  expect(stderr.join('\n')).toMatch(/Cannot reach .*control\.sock.* Continue with --after 2\.$/);
});

test.each([
  [['--from-start', '--after', '1'], 'not both'],
  [['--after', '-1'], 'whole number'],
  [['--url', 'http://127.0.0.1:1'], 'without --url'],
  [['x'], 'too many arguments'],
])('tail %j is wrong usage', async (args, reason) => {
  const { code, stdout, output } = await runCommand(['events', 'tail', ...args], { socketPath });
  expect([code, stdout]).toEqual([2, []]);
  expect(output).toContain(reason);
});

test('tail refuses a response that is not from the service', async () => {
  override = () => ({ status: 200, body: { hello: 'world' } });
  const { code, output } = await runCommand(['events', 'tail'], { socketPath });
  expect(code).toBe(1);
  expect(output).toContain('not from the user service');
});
