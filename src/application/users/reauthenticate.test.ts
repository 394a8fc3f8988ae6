import { describe, expect, it } from 'vitest';
import {
  callerWith,
  createPlainHasher,
  credentialsOf,
  storedUser,
} from '../../../test/support/ports.ts';
import { User, type UserState } from '../../domain/user/user.ts';
import type { FailedAuthentication } from '../sessions/record-failed-authentication.ts';
import { createReauthenticate } from './reauthenticate.ts';

const { id } = storedUser();
const caller = callerWith({ kind: 'user', userId: id, sessionId: 'session 1' });

function setUp(row: UserState | null = storedUser({ version: 3 })) {
  const failures: FailedAuthentication[] = [];
  const hasher = createPlainHasher();
  const reauthenticate = createReauthenticate({
    users: { findCredentialsById: async () => (row === null ? null : credentialsOf(row)) },
    hasher,
    recordFailure: async (_caller, failure) => void failures.push(failure),
  });
  return { reauthenticate, failures, hasher };
}

function refusedWith(code: string) {
  return { code: 'validation_failed', fields: [{ field: 'current_password', code }] };
}

describe('re-authentication', () => {
  it('requires the current password, and neither hashes nor records without one', async () => {
    const { reauthenticate, failures, hasher } = setUp();
    await expect(reauthenticate(caller, id, undefined)).rejects.toMatchObject(
      refusedWith('current_password_required'),
    );
    expect([failures, hasher.calls]).toEqual([[], []]);
  });

  it.each([
    ['another password', 'wrong'],
    ['nothing', ''],
    ['a text that is not Unicode', '\udfff'],
    ['a text that is longer than any password', 'a'.repeat(16_385)],
    ['a text that would be slow to normalize', `a${'\u0301\u0316'.repeat(4_000)}`],
  ])(
    'fails with %s, and the failure is recorded with the version of the account',
    async (_what, password) => {
      const { reauthenticate, failures, hasher } = setUp();
      await expect(reauthenticate(caller, id, password)).rejects.toMatchObject(
        refusedWith('current_password_wrong'),
      );
      expect(hasher.calls).toEqual(['verify']);
      expect(failures).toEqual([{ reason: 'wrong_password', userId: id, userVersion: 3 }]);
    },
  );

  it('does not find a deleted user', async () => {
    const { reauthenticate } = setUp(null);
    await expect(reauthenticate(caller, id, 'right')).rejects.toMatchObject({
      code: 'user_not_found',
    });
  });

  it.each([
    ['nothing changed', {}],
    ['the profile changed', { version: 4 }],
    ['a sign-in replaced the hash', { passwordHash: 'stronger' }],
  ])('still holds when %s before the lock', async (_what, change) => {
    const reauthentication = await setUp().reauthenticate(caller, id, 'right');
    reauthentication.assertStillTrue(User.restore(storedUser({ version: 3, ...change })));
  });

  it('is unavailable when the password changed before the lock', async () => {
    const reauthentication = await setUp().reauthenticate(caller, id, 'right');
    const changed = User.restore(storedUser({ version: 4, passwordHash: 'new:other' }));
    expect(() => reauthentication.assertStillTrue(changed)).toThrowError(
      expect.objectContaining({ code: 'unavailable', retryAfterSeconds: 1 }),
    );
  });
});
