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

const invitation = {
  id: '0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61',
  email: 'ada@example.com',
  first_name: 'Ada',
  last_name: null,
  created_at: '2026-01-01T00:00:00.000Z',
  expires_at: '2026-01-03T00:00:00.000Z',
};

let directory: ReturnType<typeof createTemporaryDirectory>;
let service: FakeUserService;
let answers: FakeAnswer[];
let socketPath: string;
beforeEach(async () => {
  directory = createTemporaryDirectory('cli');
  socketPath = join(directory.path, 'control.sock');
  service = await startFakeUserService({
    socketPath,
    answer: () => answers.shift() ?? { status: 500 },
  });
});
afterEach(async () => {
  await service.stop();
  await directory.remove();
});

const run = (...args: string[]): Promise<CliRun> =>
  runCommand(['invitations', ...args], { socketPath });

test('create sends address, names and lifetime, and prints the id', async () => {
  answers = [{ status: 201, body: invitation }];
  const created = await run('create', 'ada@example.com', '--first-name', 'Ada', '--days', '2');
  expect(created).toMatchObject({ code: 0, stdout: [invitation.id] });
  expect(created.stderr.join('\n')).toContain('Invited ada@example.com until 2026-01-03');
  const body = { email: 'ada@example.com', first_name: 'Ada', expires_in: 172_800 };
  expect(service.requests).toMatchObject([{ method: 'POST', path: '/v1/invitations', body }]);
});

test('a rejected invitation fails with the code of the service', async () => {
  answers = [problem(409, 'email_taken')];
  const { code, stderr } = await run('create', 'ada@example.com', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stderr.join('')).error).toMatchObject({ code: 'email_taken', status: 409 });
});

test('a lifetime that is too long is wrong usage, and nothing is sent', async () => {
  answers = [];
  expect((await run('create', 'ada@example.com', '--days', '31')).code).toBe(2);
  expect(service.requests).toEqual([]);
});

test('list follows the pages; --json writes one invitation a line', async () => {
  const pages = (): FakeAnswer[] => [
    { status: 200, body: { invitations: [invitation], next_cursor: 'c1' } },
    {
      status: 200,
      body: { invitations: [{ ...invitation, first_name: null }], next_cursor: null },
    },
  ];
  answers = pages();
  const { code, stdout } = await run('list', '--json');
  expect([code, stdout.length]).toEqual([0, 2]);
  expect(JSON.parse(stdout[0] ?? '')).toEqual(invitation);
  expect(service.requests.map(({ path }) => path)).toEqual([
    '/v1/invitations?limit=200',
    '/v1/invitations?limit=200&cursor=c1',
  ]);
  answers = pages();
  expect((await run('list')).stdout.join('\n')).toContain('ada@example.com');
});

test('revoke names the invitation; an unknown one fails', async () => {
  answers = [{ status: 204 }, problem(404, 'invitation_not_found')];
  expect(await run('revoke', invitation.id)).toMatchObject({ code: 0 });
  expect((await run('revoke', invitation.id)).code).toBe(1);
  expect((await run('revoke', 'x')).code).toBe(2);
});
