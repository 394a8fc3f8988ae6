import { expect, test } from 'vitest';
import { runCommand } from '../../../../test/support/cli-setting.ts';
import { startFakeUserService } from '../../../../test/support/fake-user-service.ts';
import { FULL_PROFILE } from '../../../../test/support/profiles.ts';
import { PROFILE_FIELDS, PROFILE_PROPERTIES } from '../../../domain/user/profile-fields.ts';
import { PROFILE_VIEWS } from './profile-views.ts';

test('users create sends every profile field that a flag gives', async () => {
  const service = await startFakeUserService();
  try {
    const flags = PROFILE_VIEWS.flatMap(([property, { flag }]) => [
      flag.replace(/ .*$/, ''),
      FULL_PROFILE[property] ?? '',
    ]);
    const argv = ['users', 'create', ...flags, '--url', service.url];
    const run = await runCommand(argv, { stdin: 'quiet otter sings at dawn' });
    expect(run.code).toBe(0);
    expect(service.requests[0]?.body).toEqual({
      ...Object.fromEntries(
        PROFILE_PROPERTIES.map((property) => [
          PROFILE_FIELDS[property].name,
          FULL_PROFILE[property],
        ]),
      ),
      password: 'quiet otter sings at dawn',
    });
  } finally {
    await service.stop();
  }
});
