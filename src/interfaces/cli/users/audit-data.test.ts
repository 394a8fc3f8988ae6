import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../../../../test/support/cli-setting.ts';
import {
  type FakeAnswer,
  type FakeUserService,
  problem,
  startFakeUserService,
} from '../../../../test/support/fake-user-service.ts';
import { createTemporaryDirectory } from '../../../../test/support/temp-directory.ts';

const ids = [1, 2, 3].map((number) => `0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c6${number}`);
const finding = (id: string | undefined, field: string, rule: string, ...effects: string[]) => ({
  id,
  field,
  rule,
  effects,
  message: `About ${rule}.`,
});
const PAGES = [
  {
    findings: [
      finding(ids[0], 'email', 'email_domain', 'cannot_sign_in', 'cannot_be_edited'),
      finding(ids[0], 'phone', 'phone_format', 'cannot_be_edited'),
    ],
    checked: 200,
    next_from: ids[1],
  },
  { findings: [], checked: 200, next_from: ids[2] },
  { findings: [finding(ids[2], 'email', 'email_shared')], checked: 7, next_from: null },
];

let service: FakeUserService;
let directory: ReturnType<typeof createTemporaryDirectory>;
let pages: readonly object[];
let refusal: FakeAnswer | undefined;
let socketPath: string;
beforeEach(async () => {
  directory = createTemporaryDirectory('audit');
  socketPath = join(directory.path, 'control.sock');
  pages = PAGES;
  refusal = undefined;
  service = await startFakeUserService({
    socketPath,
    answer({ path }) {
      const from = new URL(path, 'http://fake').searchParams.get('from');
      const body = pages[from === null ? 0 : ids.indexOf(from)];
      return refusal ?? { status: 200, body };
    },
  });
});
afterEach(async () => {
  await service.stop();
  await directory.remove();
});

const argv = ['users', 'audit-data'];

describe('users audit-data', () => {
  test('prints a table of all pages and the sum, and exits 1', async () => {
    const run = await runCommand(argv, { socketPath });
    expect(run.code).toBe(1);
    expect(run.stdout.map((line) => line.split(/ {2,}/))).toEqual([
      ['ID', 'FIELD', 'RULE', 'EFFECT', 'MESSAGE'],
      [ids[0], 'email', 'email_domain', 'cannot sign in, cannot be edited', 'About email_domain.'],
      [ids[0], 'phone', 'phone_format', 'cannot be edited', 'About phone_format.'],
      [ids[2], 'email', 'email_shared', '-', 'About email_shared.'],
    ]);
    expect(run.stderr).toEqual(['407 users checked: 3 findings in 2 users']);
  });

  test('writes a finding a line and a summary with --json', async () => {
    const run = await runCommand([...argv, '--json'], { socketPath });
    expect([run.code, run.stderr]).toEqual([1, []]);
    expect(run.stdout.map((line) => JSON.parse(line))).toEqual([
      ...PAGES.flatMap(({ findings }) => findings),
      { summary: { checked: 407, findings: 3, users: 2, complete: true } },
    ]);
  });

  test('exits 0 without a finding', async () => {
    pages = [{ findings: [], checked: 1, next_from: null }];
    const run = await runCommand(argv, { socketPath });
    expect(run).toMatchObject({ code: 0, stdout: [], stderr: ['1 user checked: no finding'] });
    const json = await runCommand([...argv, '--json'], { socketPath });
    expect([json.code, json.stdout]).toEqual([
      0,
      ['{"summary":{"checked":1,"findings":0,"users":0,"complete":true}}'],
    ]);
  });

  test.each([
    [1, 1, 200],
    [2, 2, 200],
    [3, 3, 407],
  ])('stops after --limit %i', async (limit, shown, checked) => {
    const run = await runCommand([...argv, '--json', '--limit', String(limit)], { socketPath });
    expect(run.code).toBe(1);
    expect(run.stdout).toHaveLength(shown + 1);
    expect(JSON.parse(run.stdout.at(-1) ?? '').summary).toMatchObject({
      checked,
      findings: shown,
      complete: limit === 3,
    });
    const table = await runCommand([...argv, '--limit', String(limit)], { socketPath });
    expect(/larger --limit/.test(table.stderr.join())).toBe(limit !== 3);
  });

  test('shows progress on standard error every five seconds', async () => {
    let nowMs = 0;
    const monotonicMs = () => {
      nowMs += 2_000;
      return nowMs;
    };
    const run = await runCommand(argv, { socketPath, monotonicMs });
    expect(run.stderr).toEqual([
      '407 users checked, 3 findings',
      '407 users checked: 3 findings in 2 users',
    ]);
  });

  test('is cut to the terminal, except with --wide', async () => {
    const cut = await runCommand(argv, { socketPath, tableColumns: 90 });
    expect(cut.stdout.every((line) => line.length <= 90)).toBe(true);
    expect(cut.stdout[1]).toContain('…');
    const wide = await runCommand([...argv, '--wide'], { socketPath, tableColumns: 90 });
    expect(wide.stdout[1]).toContain('About email_domain.');
  });

  test.each([
    ['a limit of zero', ['--limit', '0']],
    ['a limit that is no number', ['--limit', 'all']],
    ['an argument', ['ada@example.com']],
    ['an unknown flag', ['--fix']],
    ['a URL', ['--url', 'http://127.0.0.1:1']],
  ])('with %s is wrong usage, and asks nothing', async (_what, more) => {
    const run = await runCommand([...argv, ...more], { socketPath });
    expect(run).toMatchObject({ code: 2, stdout: [] });
    expect(service.requests).toEqual([]);
  });

  test('fails with the reason when the service refuses, or pages in a circle', async () => {
    refusal = problem(403, 'forbidden');
    const refused = await runCommand([...argv, '--json'], { socketPath });
    expect([refused.code, JSON.parse(refused.stderr[0] ?? '').error.code]).toEqual([
      1,
      'forbidden',
    ]);
    refusal = undefined;
    pages = [PAGES[0] ?? {}, { findings: [], checked: 1, next_from: ids[1] }];
    const circle = await runCommand(argv, { socketPath });
    expect([circle.code, circle.stderr]).toEqual([
      1,
      ['error: The service returned the same page twice.'],
    ]);
  });

  test('that is interrupted exits 130', async () => {
    const run = await runCommand(argv, { socketPath, signal: AbortSignal.abort() });
    expect(run.code).toBe(130);
  });
});
