import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../../../test/support/cli-setting.ts';
import {
  type FakeUserService,
  startFakeUserService,
} from '../../../test/support/fake-user-service.ts';
import { createTemporaryDirectory } from '../../../test/support/temp-directory.ts';

const NOTHING = {
  ...{ signing_keys: 0, sessions: 0, mails: 0, answers: 0, challenges: 0, invitations: 0 },
  last_used_at: null,
};

let directory: ReturnType<typeof createTemporaryDirectory>;
let service: FakeUserService;
let socketPath: string;
let body: object;
beforeEach(async () => {
  directory = createTemporaryDirectory('cli');
  socketPath = join(directory.path, 'control.sock');
  service = await startFakeUserService({ socketPath, answer: () => ({ status: 200, body }) });
});
afterEach(async () => {
  await service.stop();
  await directory.remove();
});

const show = async (response: object): Promise<readonly string[]> => {
  body = response;
  const run = await runCommand(['keys', 'previous-master-key'], { socketPath });
  expect(run).toMatchObject({ code: 0, stderr: [] });
  return run.stdout;
};

test('a previous master key without a recorded use is not said to be removable', async () => {
  const lines = await show({ ...NOTHING, state: 'unknown', sessions: 2 });
  expect(lines.slice(0, 2)).toEqual([
    'It is unknown whether security.master_key_previous is still needed.',
    'No use of it is recorded.',
  ]);
  expect(lines).toContain('2 sessions may need it');
  expect(lines.at(-1)).toMatch(/keep it for sessions\.idle_ttl after the last instance/);
});

test('the advice comes only where the need is unknown', async () => {
  const lines = await show({ ...NOTHING, state: 'not_needed' });
  expect(lines[0]).toBe('security.master_key_previous can be removed.');
  expect(lines.join('\n')).not.toContain('sessions.idle_ttl');
});
