import { expect, it } from 'vitest';
import { createInProcessClient } from '../../../src/interfaces/cli/in-process-client.ts';
import { patientHashing, useSharedApi } from '../../support/api.ts';
import { type CliRun, runCommand } from '../../support/cli-setting.ts';

const ID = '0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61';

const api = useSharedApi('embedded', { env: patientHashing });

function run(...args: string[]): Promise<CliRun> {
  const openOperator = async () =>
    createInProcessClient({
      server: await api().app.operator(),
      description: 'it',
      close: async () => {},
    });
  return runCommand(['users', ...args], { openOperator, tableColumns: 400 });
}

it('an operator governs an account by its address, and the record has each act', async () => {
  const account = await api().register();
  const grant = await api().signIn(account);
  const other = await api().signIn(account);
  const why = ['--reason', 'Ticket 4711: 100 % sûr'];
  const actBy = (...args: string[]) => run(...args, account.email, ...why, '--operator', 'Zoë');

  const sessions = await run('sessions', account.email);
  expect(sessions.stdout).toHaveLength(3);
  expect(sessions.stdout[0]).toMatch(/^ID +STARTED +LAST USED +EXPIRES +ADDRESS +CLIENT$/);
  expect(sessions.stdout[1]).toContain(other.session_id);

  const ended = await run('end-sessions', account.id, '--session', grant.session_id, ...why);
  expect([ended.code, ended.stdout]).toEqual([0, [`ended session ${grant.session_id}`]]);
  expect([
    await api().statusOf(grant.access_token),
    await api().statusOf(other.access_token),
  ]).toEqual([401, 200]);
  const repeated = await run('end-sessions', account.id, '--session', grant.session_id, ...why);
  expect([repeated.code, repeated.stderr]).toEqual([
    1,
    ['error: There is no such session. (session_not_found)'],
  ]);

  const updated = await actBy('update', '--last-name', 'Okafor-Lindqvist', '--no-phone', '--json');
  expect(JSON.parse(updated.stdout[0] ?? '')).toMatchObject({
    last_name: 'Okafor-Lindqvist',
    phone: null,
    version: 2,
  });
  const disabled = await actBy('disable', '--until', '2030-01-31T12:00:00Z');
  expect([disabled.code, disabled.stdout]).toEqual([
    0,
    expect.arrayContaining([expect.stringMatching(/^status +disabled$/)]),
  ]);
  expect(await api().statusOf(other.access_token)).toBe(401);
  expect((await actBy('enable')).code).toBe(0);
  expect((await actBy('expire-password')).code).toBe(0);
  const deleted = await actBy('delete', '--json');
  expect(deleted.stdout).toEqual([JSON.stringify({ id: account.id, deleted: true })]);

  const acts = (await run('acts', account.id, '--json')).stdout.map((line) => JSON.parse(line));
  expect(acts.map(({ action, operator }) => [action, operator])).toEqual([
    ['delete', 'Zoë'],
    ['expire_password', 'Zoë'],
    ['enable', 'Zoë'],
    ['disable', 'Zoë'],
    ['update', 'Zoë'],
    ['end_sessions', 'tester'],
  ]);
  for (const { reason, actor } of acts) {
    expect([reason, actor]).toEqual(['Ticket 4711: 100 % sûr', { kind: 'operator', id: null }]);
  }
  const table = await run('acts', account.id);
  expect(table.stdout[0]).toMatch(/^TIME +ACTION +ACTOR +OPERATOR +REASON$/);
  expect(table.stdout[1]).toMatch(/ delete +operator +Zoë +Ticket 4711: 100 % sûr$/);
});

it.each([
  [['disable', ID], 2, /required option '--reason/],
  [['delete', ID], 2, /required option '--reason/],
  [['end-sessions', ID], 2, /required option '--reason/],
  [['update', ID], 2, /Give at least one new value/],
  [['end-sessions', ID, '--reason', 'x', '--session', 'y'], 2, /must be a UUID/],
  [['disable', 'x', '--reason', 'x'], 2, /id of a user \(a UUID\) or an e-mail address/],
  [['disable', ID, '--reason', 'a\u0007b'], 1, /reason: Must not contain control characters/],
  [['delete', ID, '--reason', 'a\u0007b'], 1, /X-Reason: Must not contain control characters/],
  [['disable', ID, '--reason', 'x', '--until', 'soon'], 1, /until: Must be a time/],
  [['disable', ID, '--reason', 'x', '--operator', '-'], 1, /X-Operator: Must have 1 to 100/],
  [['disable', ID, '--reason', 'x'], 1, /There is no such user/],
  [['acts', 'nobody@example.com'], 1, /no user matches/],
])('%j is refused', async (args, code, message) => {
  const { code: exit, stdout, stderr } = await run(...args);
  expect([exit, stdout]).toEqual([code, []]);
  expect(stderr.join('\n')).toMatch(message);
});

it('lists that are empty say so', async () => {
  for (const [name, text] of [
    ['sessions', 'no live sessions'],
    ['acts', 'no administrative acts'],
  ] as const) {
    const { code, stdout, stderr } = await run(name, ID);
    expect([code, stdout, stderr]).toEqual([0, [], [text]]);
  }
});
