import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CliRun, runCommand } from '../../../test/support/cli-setting.ts';
import {
  type FakeAnswer,
  type FakeUserService,
  problem,
  startFakeUserService,
} from '../../../test/support/fake-user-service.ts';
import { createTemporaryDirectory } from '../../../test/support/temp-directory.ts';

const KEY = `usk_${'k'.repeat(49)}`;
const account = {
  id: '0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61',
  name: 'billing',
  scopes: ['users:read', 'users:write'],
  created_at: '2026-01-01T00:00:00.000Z',
  revoked_at: null,
};

let directory: ReturnType<typeof createTemporaryDirectory>;
let service: FakeUserService;
let answer: FakeAnswer;
let socketPath: string;
beforeEach(async () => {
  directory = createTemporaryDirectory('cli');
  socketPath = join(directory.path, 'control.sock');
  service = await startFakeUserService({ socketPath, answer: () => answer });
});
afterEach(async () => {
  await service.stop();
  await directory.remove();
});

const run = (...args: string[]): Promise<CliRun> =>
  runCommand(['service-accounts', ...args], { socketPath });

test('create sends name and scopes, and prints only the key on standard output', async () => {
  answer = { status: 201, body: { ...account, key: KEY } };
  const created = await run(
    'create',
    'billing',
    '--scope',
    'users:read',
    'users:write',
    '--scope',
    'users:read',
  );
  expect(created).toMatchObject({ code: 0, stdout: [KEY] });
  expect(created.stderr.join('\n')).toContain('shown only now');
  expect(service.requests).toMatchObject([
    {
      method: 'POST',
      path: '/v1/service-accounts',
      body: { name: 'billing', scopes: ['users:read', 'users:write'] },
    },
  ]);
});

test('create --json prints one document with the key', async () => {
  answer = { status: 201, body: { ...account, key: KEY } };
  const created = await run('create', 'billing', '--scope', 'users:read', '--json');
  expect(created.stdout).toHaveLength(1);
  expect(JSON.parse(created.stdout[0] ?? '')).toEqual({ ...account, key: KEY });
});

test('a rejection and an unknown account are exit code 1', async () => {
  answer = problem(409, 'service_account_name_taken');
  expect((await run('create', 'billing', '--scope', 'users:read')).stderr.join()).toContain(
    'service_account_name_taken',
  );
  answer = problem(404, 'service_account_not_found');
  expect((await run('revoke', account.id)).code).toBe(1);
});

test('create is not repeated after a lost response', async () => {
  answer = { ...problem(503, 'outcome_unknown'), headers: { 'retry-after': '1' } };
  expect((await run('create', 'billing', '--scope', 'users:read')).stderr.join()).toContain(
    'outcome_unknown',
  );
  expect(service.requests).toHaveLength(1);
});

test('list shows a table, or one JSON document a line', async () => {
  const keys = [
    { expires_at: '2026-03-01T00:00:00.000Z', last_used_at: null },
    { expires_at: null, last_used_at: '2026-02-01T00:00:00.000Z' },
  ];
  const listed = { ...account, keys };
  answer = { status: 200, body: { service_accounts: [listed] } };
  expect((await run('list')).stdout).toEqual([
    expect.stringMatching(
      /^ID {36}NAME {5}SCOPES {18}CREATED {19}LAST USED {17}KEY ENDS {18}REVOKED$/,
    ),
    `${account.id}  billing  users:read users:write  ${account.created_at}  2026-02-01T00:00:00.000Z  2026-03-01T00:00:00.000Z  -`,
  ]);
  expect((await run('list', '--json')).stdout.map((line) => JSON.parse(line))).toEqual([listed]);
});

test('rotate sends overlap and lifetime in seconds, and prints only the new key', async () => {
  const issued = { id: account.id, created_at: account.created_at, expires_at: null, key: KEY };
  answer = { status: 201, body: issued };
  const rotated = await run('rotate', account.id, '--overlap', '1h', '--expires-in', '90d');
  expect(rotated).toMatchObject({ code: 0, stdout: [KEY] });
  expect((await run('rotate', account.id, '--json')).stdout).toEqual([JSON.stringify(issued)]);
  expect(service.requests.map(({ path, body }) => [path, body])).toEqual([
    [`/v1/service-accounts/${account.id}/key-rotations`, { overlap: 3_600, expires_in: 7_776_000 }],
    [`/v1/service-accounts/${account.id}/key-rotations`, {}],
  ]);
});

test('a duration without a unit is wrong usage', async () => {
  expect((await run('rotate', account.id, '--overlap', '60')).code).toBe(2);
  expect((await run('create', 'x', '--scope', 'users:read', '--expires-in', 'soon')).code).toBe(2);
  expect(service.requests).toEqual([]);
});

test('set-scopes replaces the scopes', async () => {
  answer = { status: 200, body: { ...account, scopes: ['users:read'] } };
  expect(await run('set-scopes', account.id, '--scope', 'users:read')).toMatchObject({
    code: 0,
    stdout: [`${account.id} has the scopes users:read`],
  });
  expect(service.requests).toMatchObject([
    {
      method: 'PUT',
      path: `/v1/service-accounts/${account.id}/scopes`,
      body: { scopes: ['users:read'] },
    },
  ]);
});

test('revoke names the account in the path', async () => {
  answer = { status: 204 };
  expect(await run('revoke', account.id)).toMatchObject({
    code: 0,
    stdout: [`revoked ${account.id}`],
  });
  expect(await run('revoke', '../users/x')).toMatchObject({ code: 2, stdout: [] });
  expect(service.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `DELETE /v1/service-accounts/${account.id}`,
  ]);
});

test('--url is wrong usage, with the reason', async () => {
  const refused = await run('list', '--url', 'http://127.0.0.1:8080');
  expect(refused.code).toBe(2);
  expect(refused.stderr.join()).toContain('not managed over --url');
});
