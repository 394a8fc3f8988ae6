import { describe, expect, it } from 'vitest';
import { createMemoryLockout, plainAccountKeys } from '../../../test/support/lockout.ts';
import {
  callerWith,
  createPlainHasher,
  credentialsOf,
  portWith,
  storedUser,
} from '../../../test/support/ports.ts';
import { stepUpRequired } from '../../domain/rejections.ts';
import type { LiveSession, SessionRepository } from '../../domain/session/session-repository.ts';
import { User, type UserState } from '../../domain/user/user.ts';
import type { FailedAuthentication } from '../sessions/record-failed-authentication.ts';
import { createReauthenticate } from './reauthenticate.ts';

const { id } = storedUser();
const caller = callerWith({ kind: 'user', userId: id, sessionId: 'session 1' });

function setUp(row: UserState | null = storedUser({ version: 3 }), isFresh = true) {
  const failures: FailedAuthentication[] = [];
  const hasher = createPlainHasher();
  const { signInFailures, lockout } = createMemoryLockout();
  const reauthenticate = createReauthenticate({
    ...{ signInFailures, lockout },
    accountKeys: plainAccountKeys,
    users: { findCredentialsById: async () => (row === null ? null : credentialsOf(row)) },
    hasher,
    recordFailure: async (_caller, failure) => void failures.push(failure),
    async requireFresh() {
      if (!isFresh) throw stepUpRequired(300_000);
    },
  });
  return { reauthenticate, failures, hasher };
}

function sessionsWith(live: LiveSession | null) {
  return { sessions: portWith<SessionRepository>({ findLive: async () => live }) };
}

function refusedWith(code: string) {
  return { code: 'validation_failed', fields: [{ field: 'current_password', code }] };
}

describe('re-authentication', () => {
  it('requires the current password of a session that is not fresh, and neither hashes nor records without one', async () => {
    const { reauthenticate, failures, hasher } = setUp(storedUser(), false);
    await expect(reauthenticate(caller, id, undefined)).rejects.toMatchObject({
      code: 'step_up_required',
      maxAgeSeconds: 300,
    });
    await reauthenticate(caller, id, 'right');
    expect([failures, hasher.calls]).toEqual([[], ['verify']]);
  });

  it('needs no password of a fresh session, which has to be live under the lock as well', async () => {
    const { reauthenticate, hasher } = setUp();
    const reauthentication = await reauthenticate(caller, id, undefined);
    const user = User.restore(storedUser());
    const live = { id: 'session 1', userId: id, remainingMs: 1_000, sinceAuthenticationMs: 0 };
    await reauthentication.assertStillTrue(user, sessionsWith(live));
    await expect(reauthentication.assertStillTrue(user, sessionsWith(null))).rejects.toMatchObject({
      code: 'invalid_token',
    });
    expect(hasher.calls).toEqual([]);
  });

  it('verifies a password that was sent although the session is fresh', async () => {
    await expect(setUp().reauthenticate(caller, id, 'wrong', 'password')).rejects.toMatchObject({
      fields: [{ field: 'password', code: 'current_password_wrong' }],
    });
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
      expect(failures).toEqual([
        { reason: 'wrong_password', userId: id, userVersion: 3, locked: null },
      ]);
    },
  );

  it('refuses further guesses without judging them', async () => {
    const { reauthenticate, hasher } = setUp();
    for (let count = 0; count < 5; count += 1) {
      await expect(reauthenticate(caller, id, 'wrong')).rejects.toThrow();
    }
    await expect(reauthenticate(caller, id, 'right')).rejects.toMatchObject({
      code: 'rate_limited',
    });
    expect(hasher.calls).toHaveLength(5);
  });

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
    const user = User.restore(storedUser({ version: 3, ...change }));
    await reauthentication.assertStillTrue(user, sessionsWith(null));
  });

  it('is unavailable when the password changed before the lock', async () => {
    const reauthentication = await setUp().reauthenticate(caller, id, 'right');
    const changed = User.restore(storedUser({ version: 4, passwordHash: 'new:other' }));
    await expect(
      reauthentication.assertStillTrue(changed, sessionsWith(null)),
    ).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 1 });
  });
});
