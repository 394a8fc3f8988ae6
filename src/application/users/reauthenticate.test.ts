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
  const confirm = createReauthenticate({
    users: { findCredentialsById: async () => (row === null ? null : credentialsOf(row)) },
    hasher,
    recordFailure: async (_caller, failure) => void failures.push(failure),
  });
  return { confirm, failures, hasher };
}

function refusedWith(code: string) {
  return { code: 'validation_failed', fields: [{ field: 'current_password', code }] };
}

describe('the proof of the current password', () => {
  it('is asked for where it was not sent, without any hashing or record', async () => {
    const { confirm, failures, hasher } = setUp();
    await expect(confirm(caller, id, undefined)).rejects.toMatchObject(
      refusedWith('current_password_required'),
    );
    expect([failures, hasher.calls]).toEqual([[], []]);
  });

  it.each([
    ['another password', 'wrong'],
    ['nothing', ''],
    ['what is no text', '\udfff'],
  ])('fails with %s, and that is recorded at the account’s version', async (_what, password) => {
    const { confirm, failures } = setUp();
    await expect(confirm(caller, id, password)).rejects.toMatchObject(
      refusedWith('current_password_wrong'),
    );
    expect(failures).toEqual([{ reason: 'wrong_password', userId: id, userVersion: 3 }]);
  });

  it('says that there is no user when the account is gone', async () => {
    const { confirm } = setUp(null);
    await expect(confirm(caller, id, 'right')).rejects.toMatchObject({ code: 'user_not_found' });
  });

  it.each([
    ['nothing changed', {}],
    ['the profile changed', { version: 4 }],
    ['a sign-in strengthened the hash', { passwordHash: 'stronger' }],
  ])('still holds when %s before the lock', async (_what, change) => {
    const confirmation = await setUp().confirm(caller, id, 'right');
    confirmation.assertStillTrue(User.restore(storedUser({ version: 3, ...change })));
  });

  it('is void when the password changed before the lock: the caller is told to try again', async () => {
    const confirmation = await setUp().confirm(caller, id, 'right');
    const changed = User.restore(storedUser({ version: 4, passwordHash: 'new:other' }));
    expect(() => confirmation.assertStillTrue(changed)).toThrowError(
      expect.objectContaining({ code: 'unavailable', retryAfterSeconds: 1 }),
    );
  });
});
