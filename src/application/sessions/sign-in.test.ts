import { describe, expect, it } from 'vitest';
import { noLimits } from '../../../test/support/limits.ts';
import {
  createMemoryLockout,
  plainAccountKeys,
  plainDeviceTokens,
} from '../../../test/support/lockout.ts';
import { createRecordingLogger } from '../../../test/support/logger.ts';
import {
  anonymous,
  createMemoryStore,
  createPlainHasher,
  credentialsOf,
  noVerification,
  portWith,
  storedUser,
} from '../../../test/support/ports.ts';
import { DomainError } from '../../domain/errors.ts';
import type { RefreshTokens } from '../../domain/session/refresh-tokens.ts';
import type { PasswordHashing } from '../../domain/user/password-hasher.ts';
import { STRICT_PROFILE_RULES } from '../../domain/user/profile-rules.ts';
import type { UserState } from '../../domain/user/user.ts';
import { createSignIn } from './sign-in.ts';
import { createStartSession } from './start-session.ts';

/** A sign-in with one stored row. `whileHashing` runs between the password check and the lock, as another writer. */
function setUp(
  row: UserState | null,
  whileHashing: (attempt: number) => void = () => {},
  hash?: PasswordHashing['hash'],
) {
  const sessions: string[] = [];
  const failures: { reason: string; userId: string | null }[] = [];
  const store = createMemoryStore(
    row,
    {
      async insert({ id }) {
        sessions.push(id);
        return { remainingMs: 60_000, authenticatedAt: 1_000, issuedAt: 2_000 };
      },
    },
    {
      endSurplus: async ({ id }) => ({
        userId: id,
        count: 0,
        sessionIds: [],
        endedAt: 0,
        notBefore: null,
      }),
    },
  );
  const look = { count: 0 };
  const hasher = createPlainHasher((plain) => ({
    ...(hash === undefined ? {} : { hash }),
    async verify(password, stored) {
      const matches = await plain.verify(password, stored);
      whileHashing(look.count);
      return matches;
    },
  }));
  const { signInFailures, lockout, counts } = createMemoryLockout(async (email) => {
    look.count += 1;
    return store.row?.email === email ? credentialsOf(store.row) : null;
  });
  let ids = 0;
  const signIn = createSignIn({
    audiences: ['user-service'],
    ...noVerification,
    profileRules: STRICT_PROFILE_RULES,
    limits: noLimits,
    ...{ signInFailures, lockout },
    accountKeys: plainAccountKeys,
    deviceTokens: plainDeviceTokens,
    clock: { now: () => new Date() },
    unitOfWork: store.unitOfWork,
    hasher,
    startSession: createStartSession({
      refreshTokens: portWith<RefreshTokens>({
        create: (sessionId) => ({ token: `refresh ${sessionId}`, hash: new Uint8Array(32) }),
      }),
      lifetimes: { idleTtlMs: 60_000, absoluteTtlMs: 60_000 },
      maxSessionsPerUser: 3,
      ids: {
        next() {
          ids += 1;
          return `session ${ids}`;
        },
      },
    }),
    issueTokens: async ({ id, refreshToken }) => ({
      sessionId: id,
      accessToken: 'access',
      accessExpiresInSeconds: 60,
      refreshToken,
      refreshExpiresInSeconds: 60,
    }),
    recordFailure: async (_caller, failure) => void failures.push(failure),
    logger: createRecordingLogger(),
  });
  return { signIn, store, sessions, failures, hasher, look, counts };
}

const right = { email: 'ada@example.com', password: 'right' };

describe('signing in', () => {
  it('starts a session, with an event at the version of the row', async () => {
    const { signIn, store, sessions } = setUp(storedUser({ version: 3 }));
    await expect(signIn(anonymous, right)).resolves.toMatchObject({ sessionId: 'session 1' });
    expect(sessions).toEqual(['session 1']);
    expect(store.events).toEqual([
      {
        type: 'session.started',
        userId: storedUser().id,
        userVersion: 3,
        data: { session_id: 'session 1' },
      },
    ]);
  });

  it('starts no session with a password that was changed before the lock', async () => {
    const { signIn, store, sessions, failures } = setUp(storedUser(), () => {
      store.row = storedUser({ passwordHash: 'new:other', version: 2 });
    });
    await expect(signIn(anonymous, right)).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect(sessions).toEqual([]);
    expect(failures).toMatchObject([{ reason: 'wrong_password' }]);
  });

  it('accepts a profile change before the lock, and its event has the new version', async () => {
    const { signIn, store, sessions } = setUp(storedUser(), () => {
      store.row = storedUser({ version: 2 });
    });
    await signIn(anonymous, right);
    expect(sessions).toHaveLength(1);
    expect(store.events).toMatchObject([{ userVersion: 2 }]);
  });

  it('accepts a hash that another sign-in replaced before the lock', async () => {
    const { signIn, store, sessions } = setUp(storedUser({ passwordHash: 'old:right' }), () => {
      store.row = storedUser({ passwordHash: 'new:right' });
    });
    await signIn(anonymous, right);
    expect(sessions).toHaveLength(1);
    expect(store.row?.passwordHash).toBe('new:right');
  });

  it('verifies the password again when both hash and version changed', async () => {
    const { signIn, store, sessions, look } = setUp(
      storedUser({ passwordHash: 'old:right' }),
      () => {
        store.row = storedUser({ passwordHash: 'new:right', version: 2 });
      },
    );
    await signIn(anonymous, right);
    expect(look.count).toBe(2);
    expect(sessions).toHaveLength(1);
  });

  it.each([
    ['deleted', null, 'unknown_email'],
    ['disabled', storedUser({ status: 'disabled', version: 2 }), 'user_disabled'],
  ])('refuses and records an account that was %s before the lock', async (_how, row, reason) => {
    const { signIn, store, sessions, failures } = setUp(storedUser(), () => {
      store.row = row;
    });
    await expect(signIn(anonymous, right)).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect(sessions).toEqual([]);
    expect(failures).toMatchObject([{ reason }]);
  });

  it('is unavailable after three attempts on an account that keeps changing', async () => {
    const { signIn, store, look } = setUp(storedUser(), (attempt) => {
      store.row = storedUser({ passwordHash: `n${attempt}::right`, version: attempt + 1 });
    });
    await expect(signIn(anonymous, right)).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterSeconds: 1,
    });
    expect(look.count).toBe(3);
  });

  it.each([
    ['an unknown address', null, 'nobody@example.com', 'right'],
    ['an invalid address', null, 'no address', 'right'],
    ['a wrong password', storedUser(), 'ada@example.com', 'wrong'],
    ['a password that is not Unicode', storedUser(), 'ada@example.com', '\ud800'],
    ['a text longer than any password', storedUser(), 'ada@example.com', 'a'.repeat(16_385)],
    ['a slow text', storedUser(), 'ada@example.com', `a${'\u0301\u0316'.repeat(4_000)}`],
    ['a disabled account', storedUser({ status: 'disabled' }), 'ada@example.com', 'right'],
    [
      'a disabled account and a wrong password',
      storedUser({ status: 'disabled' }),
      'ada@example.com',
      'wrong',
    ],
  ])(
    'does the same work and gives the same rejection for %s',
    async (_what, row, email, password) => {
      const { signIn, store, failures, hasher, look } = setUp(row);
      const refused = await signIn(anonymous, { email, password }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(DomainError);
      expect(refused).toMatchObject({
        code: 'invalid_credentials',
        message: 'The e-mail address or the password is not right.',
      });
      expect(look.count).toBe(1);
      expect(hasher.calls.map((call) => call.replace('verifyDummyHash', 'verify'))).toEqual([
        'verify',
      ]);
      expect(failures).toHaveLength(1);
      expect(store.statements).toEqual([]);
    },
  );

  it('takes an attempt back that was not judged, and then the wait of no one begins', async () => {
    const { signIn, counts } = setUp(storedUser(), () => {
      throw new DomainError('overloaded', 'Busy.');
    });
    for (let count = 0; count < 9; count += 1) {
      await expect(signIn(anonymous, right)).rejects.toMatchObject({ code: 'overloaded' });
    }
    expect([...counts.values()]).toEqual([0]);
  });

  it('refuses the right password without judging it once an address has had its guesses', async () => {
    const { signIn, hasher, sessions } = setUp(storedUser());
    const guess = (password: string) =>
      signIn(anonymous, { ...right, password }).catch((error: DomainError) => error);
    for (let count = 0; count < 5; count += 1) {
      expect(await guess('wrong')).toMatchObject({ code: 'invalid_credentials' });
    }
    const judged = hasher.calls.length;
    const [wrong, refused] = [await guess('wrong'), await guess('right')];
    expect(refused).toEqual(wrong);
    expect(refused).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 2 });
    expect([hasher.calls.length, sessions]).toEqual([judged, []]);
  });

  it('counts a known device apart, and a token of another address as none', async () => {
    const { signIn, counts } = setUp(storedUser());
    const deviceToken = 'phone of ada@example.com';
    await expect(signIn(anonymous, { ...right, password: 'wrong', deviceToken })).rejects.toThrow();
    const foreign = 'phone of eve@example.com';
    await expect(
      signIn(anonymous, { ...right, password: 'wrong', deviceToken: foreign }),
    ).rejects.toThrow();
    expect([...counts.keys()]).toEqual([
      'email:ada@example.com password phone',
      'email:ada@example.com password null',
    ]);
    const { deviceToken: next } = await signIn(anonymous, { ...right, deviceToken });
    expect(next).toBe(deviceToken);
  });

  it('verifies a disabled account with an outdated hash once, without a rehash', async () => {
    const { signIn, hasher } = setUp(storedUser({ status: 'disabled', passwordHash: 'old:right' }));
    await expect(signIn(anonymous, right)).rejects.toThrow();
    expect(hasher.calls).toEqual(['verify']);
  });

  it('replaces an outdated hash and keeps the version', async () => {
    const { signIn, store } = setUp(storedUser({ passwordHash: 'old:right' }));
    await signIn(anonymous, right);
    expect(store.row).toMatchObject({ passwordHash: 'new:right', version: 1 });
  });

  it('signs in without a rehash when the hasher is overloaded', async () => {
    const { signIn, store, sessions } = setUp(
      storedUser({ passwordHash: 'old:right' }),
      () => {},
      () => Promise.reject(new DomainError('overloaded', 'Busy.')),
    );
    await signIn(anonymous, right);
    expect(store.row?.passwordHash).toBe('old:right');
    expect(sessions).toHaveLength(1);
  });
});
