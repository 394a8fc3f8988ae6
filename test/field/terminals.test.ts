import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runConfigPrint } from '../../src/interfaces/cli/config.ts';
import { createProcessIo, type ProcessStreams } from '../../src/interfaces/cli/process-io.ts';
import { runCli } from '../../src/interfaces/cli/program.ts';
import { displayWidth } from '../../src/interfaces/cli/text.ts';
import {
  argumentsOf,
  commands,
  groups,
  ID,
  leaves,
  mandatoryOf,
  takes,
} from '../support/cli-commands.ts';
import { type CliSetting, cliDeps, runCommand } from '../support/cli-setting.ts';
import { type FakeUserService, startFakeUserService } from '../support/fake-user-service.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';

/** The command line is refused before anything is opened: `runCommand` throws when an action runs. */
async function expectWrongUsage(argv: readonly string[], message = /./): Promise<void> {
  const text = await runCommand(argv);
  expect(text).toMatchObject({ code: 2, stdout: [] });
  const lines = text.stderr.join('\n').split('\n');
  expect(lines[0]).toMatch(/^error: \S/);
  expect(lines[0]).toMatch(message);
  expect(lines.at(-1)).toBe('(--help shows the arguments and options)');
  // A suggestion of commander may stand between.
  expect(lines.length).toBeLessThanOrEqual(3);

  const json = await runCommand([...argv, '--json']);
  expect(json).toMatchObject({ code: 2, stdout: [], stderr: [expect.any(String)] });
  expect(JSON.parse(json.stderr.join(''))).toEqual({
    error: { code: 'usage', message: expect.stringMatching(message) },
  });
}

describe('wrong usage is one sentence, or one JSON object, and exit code 2', () => {
  it.each(commands)('$name: an unknown option', async ({ path, command }) => {
    const argv = [...path, ...mandatoryOf({ command }), '--no-such-option'];
    await expectWrongUsage(argv, /unknown option/);
  });

  it.each(groups)('$name: an unknown command, also with a request for help', async ({ path }) => {
    for (const argv of [
      [...path, 'no-such-command'],
      [...path, 'no-such-command', '--help'],
      ['help', ...path, 'no-such-command'],
      [...path, 'help', 'no-such-command'],
    ]) {
      await expectWrongUsage(argv, /unknown command 'no-such-command'/);
    }
  });

  it.each(leaves)('$name: missing and surplus arguments', async ({ path, command }) => {
    const required = command.registeredArguments.filter((argument) => argument.required);
    const given = mandatoryOf({ command });
    if (required.length > 0) await expectWrongUsage([...path, ...given], /missing required/);
    if (given.length > 0) {
      await expectWrongUsage([...path, ...argumentsOf({ command })], /required option/);
    }
    // Commander reports an unknown option first: `serve` has no --json.
    const message = takes('--json', command) ? /too many arguments/ : /too many|--json/;
    await expectWrongUsage([...path, ...argumentsOf({ command }), 'surplus', ...given], message);
  });

  it.each(leaves)('$name: values that an argument or option refuses', async (entry) => {
    const { path, command } = entry;
    for (const [index, argument] of command.registeredArguments.entries()) {
      // Any word may be the id of a key.
      if (argument.parseArg === undefined || argument.name() === 'kid') continue;
      const values = argumentsOf(entry).with(index, 'canary');
      await expectWrongUsage([...path, ...values], /^(?!.*canary)/);
    }
    for (const { long, parseArg, required } of command.options) {
      const option = String(long);
      const values = argumentsOf(entry);
      if (parseArg !== undefined && option !== '--scope')
        await expectWrongUsage([...path, ...values, option, 'canary'], /^(?!.*canary)/);
      if (required) {
        const { code } = await runCommand([...path, ...values, option]);
        expect(code).toBe(2);
      }
    }
  });

  it.each([
    ['migrate', 'up', '0'],
    ['migrate', 'down', '0'],
    ['service-accounts', 'revoke', 'billing'],
    ['keys', 'retire', 'a b'],
    ['events', 'dead-letters', 'requeue'],
  ])('%s %s %s', async (...argv) => {
    await expectWrongUsage(argv.filter((word) => word !== undefined));
  });
});

describe('help', () => {
  it.each(commands)('$name fits 80 columns, in all its spellings', async ({ path }) => {
    const spellings = [
      [...path, '--help'],
      [...path, '-h'],
      ['help', ...path],
      [...path.slice(0, -1), 'help', ...path.slice(-1)],
    ];
    const texts = await Promise.all(spellings.map((argv) => runOn({ columns: 80 }, argv)));
    for (const { code, stdout, stderr } of texts) {
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toBe(texts[0]?.stdout);
    }
    const lines = String(texts[0]?.stdout).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });
});

const LONG = `${'long value '.repeat(12)}end`;
const RED = '\u001b[31m\u009b2J';

function refuse(): never {
  throw Object.assign(new Error('missing'), { code: 'ENOENT' });
}

interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command with the streams of a process: a terminal with `columns`, else a pipe. */
async function runOn(
  { columns, closed = false }: { readonly columns?: number; readonly closed?: boolean },
  argv: readonly string[],
  setting: CliSetting = {},
): Promise<Output> {
  const texts = { stdout: '', stderr: '' };
  const open = (name: keyof typeof texts) => {
    const stream = new PassThrough();
    stream.on('data', (chunk) => {
      texts[name] += String(chunk);
    });
    return Object.assign(stream, { isTTY: columns !== undefined, columns });
  };
  const [stdin, stdout, stderr] = [new PassThrough(), open('stdout'), open('stderr')];
  if (closed) {
    stdout.write = () => {
      stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      return false;
    };
  }
  // Pass-throughs have every member that the code uses of the streams of a process.
  const streams = { stdin, stdout, stderr } as unknown as ProcessStreams;
  const io = createProcessIo(streams, new AbortController().signal);
  // As `main.ts` wires it, with one long value.
  const configPrint: CliSetting['configPrint'] = (args) =>
    runConfigPrint(args, { ...io, env: { DATABASE_PATH: LONG }, cwd: '/app', readFile: refuse });
  const code = await runCli({ ...cliDeps({ configPrint, ...setting }).deps, io }, argv);
  return { code, ...texts };
}

describe('tables', () => {
  let directory: ReturnType<typeof createTemporaryDirectory>;
  let service: FakeUserService;
  let setting: CliSetting;
  const row = { id: ID, name: LONG, first_name: RED, last_name: LONG, email: 'a@b.example' };
  const time = '2026-01-02T03:04:05.678Z';
  const more = { scopes: ['users:read'], created_at: time, last_error: `${RED}${LONG}` };
  const finding = { id: ID, field: 'email', rule: 'format', effects: [RED], message: LONG };
  const check = { status: 'down', latency_ms: 1, driver: RED, reason: LONG };
  const failed = { factor: LONG, known_device: false, failures: 3, last_at: time };
  const act = { at: time, action: RED, actor: { kind: 'operator', id: null }, reason: LONG };
  const bodies: readonly (readonly [path: RegExp, body: object])[] = [
    [/dead-letters/, { dead_letters: [{ ...row, ...more }] }],
    [/service-accounts/, { service_accounts: [{ ...row, ...more }] }],
    [/sign-in-failures/, { failures: [failed] }],
    [/acts$/, { acts: [act] }],
    [/sessions$/, { sessions: [{ ...row, ...more, user_agent: LONG }] }],
    [/deliveries/, { deliveries: [{ ...row, ...more, type: RED, status: LONG }] }],
    [/webhook-endpoints/, { webhook_endpoints: [{ ...row, ...more, url: LONG }] }],
    [/invitations/, { invitations: [{ ...row, ...more, expires_at: time }], next_cursor: null }],
    [/signing-keys/, { signing_keys: [{ ...more, kid: ID, algorithm: LONG, state: RED }] }],
    [/diagnostics|request-events/, { rows: [{ ...row, ...more }] }],
    [/audit/, { findings: [finding], checked: 1, next_from: null }],
    [/health/, { status: 'degraded', checks: { database: check } }],
  ];
  /** One user a page, without an end. */
  const users = (path: string) => {
    const cursor = Number(new URL(path, 'http://fake').searchParams.get('cursor') ?? 0);
    return { users: [{ ...row, ...more }], next_cursor: String(cursor + 1) };
  };
  beforeAll(async () => {
    directory = createTemporaryDirectory('terminals');
    const socketPath = join(directory.path, 'control.sock');
    service = await startFakeUserService({
      socketPath,
      answer: ({ path }) => ({
        status: 200,
        body: bodies.find(([key]) => key.test(path))?.[1] ?? users(path),
      }),
    });
    setting = {
      socketPath,
      localService: async () => ({ socketPath, description: 'the data' }),
    };
  });
  afterAll(async () => {
    await service?.stop();
    await directory?.remove();
  });

  const tables = leaves.filter(({ command }) => takes('--wide', command));

  /** `health` without a URL asks the local service. */
  const valuesOf = (entry: (typeof leaves)[number]) =>
    entry.command.name() === 'health' ? [] : argumentsOf(entry);

  function run(streams: Parameters<typeof runOn>[0], argv: readonly string[]): Promise<Output> {
    return runOn(streams, argv, setting);
  }

  it('every command that prints a table has --wide', () => {
    expect(tables.map(({ path }) => path.join(' ')).sort()).toEqual([
      'config print',
      ...['activity', 'connections', 'sizes', 'slots'].map((report) => `database ${report}`),
      'events dead-letters list',
      ...['events of-request', 'events recent', 'events status'],
      'health',
      'invitations list',
      ...['keys list', 'keys rotate'],
      ...['mail dead-letters list', 'mail queue'],
      'service-accounts list',
      ...['users acts', 'users audit-data', 'users list', 'users sessions'],
      'users sign-in-failures',
      ...['webhooks dead-letters list', 'webhooks deliveries', 'webhooks list'],
    ]);
  });

  it.each(tables)('$name: cut to the terminal, whole with --wide and in a pipe', async (entry) => {
    const path = [...entry.path, ...valuesOf(entry)];
    for (const columns of [40, 80]) {
      const { stdout } = await run({ columns }, path);
      const lines = stdout.split('\n');
      expect(lines.length).toBeGreaterThan(2);
      // The sentence above the table of `health` is no row.
      const rows = lines.slice(lines.findIndex((line) => /^[A-Z]+ {2,}[A-Z]/.test(line)));
      expect(rows.filter((line) => displayWidth(line) > columns)).toEqual([]);
      expect(stdout).toContain('…');
    }
    const wide = await run({ columns: 40 }, [...path, '--wide']);
    const pipe = await run({}, path);
    for (const { stdout, stderr } of [wide, pipe]) {
      expect(stdout).toContain(LONG);
      expect(stdout).not.toContain('…');
      expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]|undefined|null/u);
    }
    expect(pipe.stdout).toBe(wide.stdout);
  });

  it.each(tables)('$name: a reader that closed the pipe is no failure', async (entry) => {
    const path = [...entry.path, ...valuesOf(entry)];
    for (const argv of [path, [...path, '--json']]) {
      const whole = await run({}, argv);
      const before = service.requests.length;
      const cut = await run({ closed: true }, argv);
      expect(cut.code).toBe(whole.code);
      expect(cut.stderr).not.toMatch(/EPIPE|Error|^\s+at /m);
      // A listing of many pages ends at the first.
      expect(service.requests.length - before).toBeLessThanOrEqual(1);
    }
  });
});
