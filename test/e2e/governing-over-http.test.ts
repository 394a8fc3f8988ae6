import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { argumentsOf, leaves, mandatoryOf } from '../support/cli-commands.ts';
import { type CliRun, runCommand } from '../support/cli-setting.ts';
import { createMailFolder } from '../support/mail-folder.ts';
import { runProgram } from '../support/service-process.ts';
import { createTemporaryDirectory } from '../support/temp-directory.ts';
import { PASSWORD } from './support.ts';

const EMAIL = 'governed@example.com';
const OTHER = 'another@example.com';
const WHY = ['--reason', 'Ticket 4711', '--operator', 'Zoe'];
const ACT = (action: string): unknown =>
  expect.objectContaining({ action, operator: 'Zoe', reason: 'Ticket 4711' });
const READY_TIMEOUT_MS = 60_000;
const directory = createTemporaryDirectory('governing');
const mail = createMailFolder();

type Row = Readonly<Record<string, unknown>>;

interface Governing {
  readonly command: string;
  readonly more: readonly string[];
  /** What the command shows. */
  readonly shows: RegExp;
  /** Prepares the account for the command. */
  readonly before?: () => Promise<unknown>;
  /** Reads the effect back from the service, not from the command. */
  readonly effect: () => Promise<void>;
}

/** What an operator does with one account over HTTP, in this order. */
const OVER_HTTP: readonly Governing[] = [
  {
    command: 'users create',
    more: ['--first-name', 'Ada', '--last-name', 'Byron', '--email', OTHER],
    shows: /\S/,
    effect: async () => {
      expect(await userBy(OTHER)).toMatchObject({ first_name: 'Ada', last_name: 'Byron' });
      expect((await signIn(OTHER)).status).toBe(201);
    },
  },
  reading('users get', [EMAIL], /governed@example\.com/, async () => [await userBy(EMAIL)]),
  reading('users list', ['--all'], /governed@example\.com/, async () =>
    listOf(await read('/v1/users'), 'users'),
  ),
  reading('users sessions', [EMAIL], /STARTED/, () => readOfUser('sessions', 'sessions')),
  {
    command: 'users end-sessions',
    more: [EMAIL, ...WHY],
    shows: /ended/,
    effect: async () => {
      expect(await readOfUser('sessions', 'sessions')).toEqual([]);
      expect(await recordedActs()).toContainEqual(ACT('end_sessions'));
    },
  },
  {
    command: 'users update',
    more: [EMAIL, '--first-name', 'Grace', ...WHY],
    shows: /first_name +Grace/,
    effect: async () => {
      expect(await userBy(EMAIL)).toMatchObject({ first_name: 'Grace', last_name: 'Byron' });
      expect(await recordedActs()).toContainEqual(ACT('update'));
    },
  },
  {
    command: 'users disable',
    more: [EMAIL, ...WHY],
    shows: /status +disabled/,
    effect: async () => {
      expect(await userBy(EMAIL)).toMatchObject({ status: 'disabled' });
      expect((await signIn(EMAIL)).status).not.toBe(201);
      expect(await recordedActs()).toContainEqual(ACT('disable'));
    },
  },
  {
    command: 'users enable',
    more: [EMAIL, ...WHY],
    shows: /status +active/,
    effect: async () => {
      expect(await userBy(EMAIL)).toMatchObject({ status: 'active' });
      expect((await signIn(EMAIL)).status).toBe(201);
      expect(await recordedActs()).toContainEqual(ACT('enable'));
    },
  },
  {
    command: 'users send-reset',
    more: [EMAIL, ...WHY],
    shows: /./,
    effect: async () => {
      await mail.waitFor(EMAIL, /password/i);
      expect(await recordedActs()).toContainEqual(ACT('send_password_reset'));
    },
  },
  {
    command: 'users expire-password',
    more: [EMAIL, ...WHY],
    shows: /./,
    effect: async () => {
      const refused = await signIn(EMAIL);
      expect(((await refused.json()) as { code: string }).code).toBe('password_expired');
      expect(await recordedActs()).toContainEqual(ACT('expire_password'));
    },
  },
  {
    ...reading('users sign-in-failures', [EMAIL], /password/, () =>
      readOfUser('sign-in-failures', 'failures'),
    ),
    before: () => signIn(EMAIL, 'not this one at all'),
  },
  {
    command: 'users unlock',
    more: [EMAIL, ...WHY],
    shows: /./,
    before: async () => expect(await readOfUser('sign-in-failures', 'failures')).not.toEqual([]),
    effect: async () => {
      expect(await readOfUser('sign-in-failures', 'failures')).toEqual([]);
      expect(await recordedActs()).toContainEqual(ACT('unlock'));
    },
  },
  reading('users acts', [EMAIL], /disable.*Ticket 4711/, recordedActs),
  {
    command: 'users delete',
    more: [EMAIL, ...WHY],
    shows: /deleted/,
    effect: async () => {
      expect(await userBy(EMAIL)).toBeUndefined();
      expect((await signIn(EMAIL)).status).toBe(401);
    },
  },
  {
    command: 'sessions revoke-all',
    more: ['--confirm', ...WHY],
    shows: /ended the sessions of all users/,
    before: async () => expect((await signIn(OTHER)).status).toBe(201),
    effect: async () => {
      const { id } = (await userBy(OTHER)) as { id: string };
      expect(listOf(await read(`/v1/users/${id}/sessions`), 'sessions')).toEqual([]);
      expect(await actsOnAll()).toEqual([ACT('revoke_all_sessions')]);
    },
  },
  {
    command: 'invitations create',
    more: ['guest@example.com'],
    shows: /guest@example\.com/,
    effect: async () => {
      const invitations = listOf(await read('/v1/invitations'), 'invitations');
      expect(invitations).toEqual([expect.objectContaining({ email: 'guest@example.com' })]);
    },
  },
  reading('invitations list', [], /guest@example\.com/, async () =>
    listOf(await read('/v1/invitations'), 'invitations'),
  ),
];
/** Needs an id that an earlier command showed. */
const WITH_ID = 'invitations revoke';
/** What is done with an endpoint that `webhooks create` made, in this order, what it shows, and the endpoint after it. */
const OF_ENDPOINT: readonly (readonly [string, readonly string[], RegExp, object | null])[] = [
  ['webhooks list', [], /hooks\.example\.com/, { enabled: true }],
  ['webhooks disable', [], /disabled/, { enabled: false, disabled_reason: 'by_operator' }],
  ['webhooks enable', [], /enabled/, { enabled: true, disabled_reason: null }],
  [
    'webhooks rotate-secret',
    ['--overlap', '1h'],
    /whsec_/,
    { secrets: [expect.anything(), expect.anything()] },
  ],
  ['webhooks deliveries', [], /no deliveries/, { failures: 0 }],
  ['webhooks redeliver', [], /0 deliveries/, { failures: 0 }],
  ['webhooks delete', [], /deleted/, null],
];
/** `test/integration/webhooks/commands.test.ts` has a receiver for them. */
const WITH_RECEIVER = ['webhooks test', 'webhooks delivery'];
/** On the machine of the service only: none of them is behind a scope. */
const LOCAL = [
  ...['keys list', 'keys rotate', 'keys retire', 'keys previous-master-key', 'keys reset'],
  ...['create', 'list', 'rotate', 'set-scopes', 'revoke'].map((name) => `service-accounts ${name}`),
  'users audit-data',
  ...['list', 'requeue', 'drop'].map((name) => `webhooks dead-letters ${name}`),
];

let url = '';
let keyFile = '';

beforeAll(async () => {
  const cwd = directory.path;
  const service = await runProgram(['serve'], {
    cwd,
    env: { SERVER_PORT: '0', MAIL_PATH: mail.path },
  });
  const line = await service.waitForLine(/"message":"ready"/, READY_TIMEOUT_MS);
  url = (JSON.parse(line) as { url: string }).url;
  keyFile = await createKey('console', [
    ...['users:read', 'users:write', 'users:admin', 'webhooks:admin'],
  ]);
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
    await mail.remove();
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

/** @returns the body of a resource, read without the commands */
async function read(path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${readFileSync(keyFile, 'utf8')}` };
  const response = await fetch(url + path, { headers });
  expect(response.status, path).toBe(200);
  return await response.json();
}

function listOf(body: unknown, field: string): Row[] {
  return (body as Record<string, Row[]>)[field] ?? [];
}

async function userBy(email: string): Promise<Row | undefined> {
  return listOf(await read(`/v1/users?email=${encodeURIComponent(email)}`), 'users')[0];
}

async function readOfUser(resource: string, field: string): Promise<Row[]> {
  return listOf(await read(`/v1/users/${(await userBy(EMAIL))?.id}/${resource}`), field);
}

async function recordedActs(): Promise<Row[]> {
  return await readOfUser('acts', 'acts');
}

/** The acts on all users have the nil id. */
async function actsOnAll(): Promise<Row[]> {
  return listOf(await read('/v1/users/00000000-0000-0000-0000-000000000000/acts'), 'acts');
}

function signIn(email: string, password = PASSWORD): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ email, password });
  return fetch(`${url}/v1/sessions`, { method: 'POST', headers, body });
}

/** A command that only reads: its JSON is what the service tells, and it changes nothing. */
function reading(
  command: string,
  more: readonly string[],
  shows: RegExp,
  readBack: () => Promise<readonly (Row | undefined)[]>,
): Governing {
  return {
    ...{ command, more, shows },
    effect: async () => {
      const stored = await readBack();
      expect(stored).not.toEqual([]);
      const { stdout } = await overHttp(command, [...more, '--json']);
      expect(stdout.map((line) => JSON.parse(line))).toEqual(stored);
      expect(await readBack()).toEqual(stored);
    },
  };
}

describe('with a service key that has users:admin', () => {
  it.each(OVER_HTTP)('`$command` works over --url', async ({ command, more, shows, ...rest }) => {
    await rest.before?.();
    const { code, output } = await overHttp(command, more);
    expect(code, output).toBe(0);
    expect(output).toMatch(shows);
    await rest.effect();
  });

  it(`\`${WITH_ID}\` works over --url`, async () => {
    const { stdout } = await overHttp('invitations list', ['--json']);
    const { id } = JSON.parse(stdout[0] ?? '') as { id: string };
    expect(await overHttp(WITH_ID, [id])).toMatchObject({ code: 0 });
    expect((await overHttp('invitations list', ['--json'])).stdout).toEqual([]);
  });

  it('the commands of webhooks work over --url', async () => {
    const made = await overHttp('webhooks create', [
      ...['https://hooks.example.com/', '--type', 'user.restored', '--json'],
    ]);
    const { id, secret } = JSON.parse(made.stdout.join('')) as Record<string, string>;
    expect(secret).toMatch(/^whsec_/);
    for (const [command, more, shows, after] of OF_ENDPOINT) {
      const words = command === 'webhooks list' ? more : [id ?? '', ...more];
      const { code, output } = await overHttp(command, words);
      expect([code, output]).toEqual([0, expect.stringMatching(shows)]);
      const endpoints = listOf(await read('/v1/webhook-endpoints'), 'webhook_endpoints');
      expect(endpoints).toEqual(after === null ? [] : [expect.objectContaining(after)]);
    }
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

it('the sessions of all users end only after a confirmation', async () => {
  const before = await actsOnAll();
  const { code, stderr } = await overHttp('sessions revoke-all', WHY);
  expect(code).toBe(1);
  expect(stderr.join('\n')).toMatch(/Nothing was changed.*--confirm/);
  expect(await actsOnAll()).toEqual(before);
});

it('no command of these groups is left out', () => {
  const groups = ['users', 'sessions', 'keys', 'service-accounts', 'invitations', 'webhooks'];
  const all = leaves.filter(({ path: [group = ''] }) => groups.includes(group));
  const tried = [...OVER_HTTP.map(({ command }) => command), WITH_ID, ...LOCAL];
  tried.push('webhooks create', ...OF_ENDPOINT.map(([command]) => command), ...WITH_RECEIVER);
  expect(all.map(({ path }) => path.join(' ')).sort()).toEqual(tried.sort());
});
