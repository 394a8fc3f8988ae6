import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { argumentsOf, leaves, mandatoryOf } from '../support/cli-commands.ts';
import { type CliRun, runCommand } from '../support/cli-setting.ts';
import { runProgram } from '../support/service-process.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';
import { PASSWORD } from './support.ts';

const EMAIL = 'governed@example.com';
const OTHER = 'another@example.com';
const WHY = ['--reason', 'Ticket 4711', '--operator', 'Zoe'];
const READY_TIMEOUT_MS = 60_000;
const directory = createTemporaryDirectory('governing');

/** What an operator does with one account over HTTP, in this order, and what it shows. */
const OVER_HTTP: readonly (readonly [command: string, more: readonly string[], shows: RegExp])[] = [
  ['users create', ['--first-name', 'Ada', '--last-name', 'Byron', '--email', OTHER], /\S/],
  ['users get', [EMAIL], /governed@example\.com/],
  ['users list', ['--all'], /governed@example\.com/],
  ['users sessions', [EMAIL], /STARTED/],
  ['users end-sessions', [EMAIL, ...WHY], /ended/],
  ['users update', [EMAIL, '--first-name', 'Grace', ...WHY], /first_name +Grace/],
  ['users disable', [EMAIL, ...WHY], /status +disabled/],
  ['users enable', [EMAIL, ...WHY], /status +active/],
  ['users send-reset', [EMAIL, ...WHY], /./],
  ['users expire-password', [EMAIL, ...WHY], /./],
  ['users sign-in-failures', [EMAIL], /./],
  ['users unlock', [EMAIL, ...WHY], /./],
  ['users acts', [EMAIL], /disable.*Ticket 4711/],
  ['users delete', [EMAIL, ...WHY], /deleted/],
  ['invitations create', ['guest@example.com'], /guest@example\.com/],
  ['invitations list', [], /guest@example\.com/],
];
/** Needs an id that an earlier command showed. */
const WITH_ID = 'invitations revoke';
/** On the machine of the service only: none of them is behind a scope. */
const LOCAL = [
  ...['keys list', 'keys rotate', 'keys retire', 'keys previous-master-key', 'keys reset'],
  ...['create', 'list', 'rotate', 'set-scopes', 'revoke'].map((name) => `service-accounts ${name}`),
  'users audit-data',
];

let url = '';
let keyFile = '';

beforeAll(async () => {
  const cwd = directory.path;
  const service = await runProgram(['serve'], { cwd, env: { SERVER_PORT: '0' } });
  const line = await service.waitForLine(/"message":"ready"/, READY_TIMEOUT_MS);
  url = (JSON.parse(line) as { url: string }).url;
  keyFile = await createKey('console', ['users:read', 'users:write', 'users:admin']);
  const body = { first_name: 'Ada', last_name: 'Byron', email: EMAIL, password: PASSWORD };
  for (const [path, sent] of [
    ['users', body],
    ['sessions', { email: EMAIL, password: PASSWORD }],
  ] as const) {
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(sent) };
    expect((await fetch(`${url}/v1/${path}`, init)).status).toBe(201);
  }
  return async () => {
    await service.kill();
    await directory.remove();
  };
});

/** Creates a service account on the machine of the service. @returns the file with its key */
async function createKey(name: string, scopes: readonly string[]): Promise<string> {
  const args = ['service-accounts', 'create', name, '--json', '--scope', ...scopes];
  const made = await runProgram(args, { cwd: directory.path });
  await made.exited;
  const file = join(directory.path, name);
  writeFileSync(file, (JSON.parse(made.stdout()) as { key: string }).key);
  return file;
}

const overHttp = (command: string, more: readonly string[], key = keyFile): Promise<CliRun> =>
  runCommand([...command.split(' '), ...more, '--url', url, '--key-file', key], {
    stdin: PASSWORD,
    tableColumns: 400,
  });

describe('with a service key that has users:admin', () => {
  it.each(OVER_HTTP)('`%s` works over --url', async (command, more, shows) => {
    const { code, output } = await overHttp(command, more);
    expect(code, output).toBe(0);
    expect(output).toMatch(shows);
  });

  it(`\`${WITH_ID}\` works over --url`, async () => {
    const { stdout } = await overHttp('invitations list', ['--json']);
    const { id } = JSON.parse(stdout[0] ?? '') as { id: string };
    expect(await overHttp(WITH_ID, [id])).toMatchObject({ code: 0 });
    expect((await overHttp('invitations list', ['--json'])).stdout).toEqual([]);
  });

  it.each(LOCAL)('`%s` says that it is for the machine of the service', async (command) => {
    const entry = leaves.find(({ path }) => path.join(' ') === command);
    if (entry === undefined) throw new Error(`there is no command ${command}`);
    const words = [...command.split(' '), ...argumentsOf(entry), ...mandatoryOf(entry)];
    const { code, stdout, stderr } = await runCommand([...words, '--url', url]);
    expect([code, stdout]).toEqual([2, []]);
    expect(stderr.join('\n')).toMatch(/on the machine of the service/);
  });
});

it('a key without users:admin is refused, and told which permission it lacks', async () => {
  const readerKey = await createKey('reader', ['users:read']);
  const { code, stderr } = await overHttp('users disable', [OTHER, ...WHY], readerKey);
  expect(code).toBe(1);
  expect(stderr.join('\n')).toMatch(/users:admin.*forbidden|forbidden.*users:admin/s);
});

it('no command of these groups is left out', () => {
  const groups = ['users', 'keys', 'service-accounts', 'invitations'];
  const all = leaves.filter(({ path: [group = ''] }) => groups.includes(group));
  const tried = [...OVER_HTTP.map(([command]) => command), WITH_ID, ...LOCAL];
  expect(all.map(({ path }) => path.join(' ')).sort()).toEqual(tried.sort());
});
