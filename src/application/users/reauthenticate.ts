import { type DomainError, invalidFields } from '../../domain/errors.ts';
import type {
  AccountKeys,
  Counter,
  SignInFailures,
} from '../../domain/lockout/sign-in-failures.ts';
import { accountChanged, invalidToken, userNotFound } from '../../domain/rejections.ts';
import type { Transaction } from '../../domain/unit-of-work.ts';
import { type PreparedPassword, preparePasswordAttempt } from '../../domain/user/password.ts';
import type { PasswordHasher, PasswordHashing } from '../../domain/user/password-hasher.ts';
import type { User } from '../../domain/user/user.ts';
import type { Credentials, UserRepository } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import { requireUser } from '../access/policy.ts';
import type { RequireFresh } from '../access/require-fresh.ts';
import type { Lockout } from '../lockout/lockout.ts';
import type { RecordFailedAuthentication } from '../sessions/record-failed-authentication.ts';

interface Deps {
  readonly users: Pick<UserRepository, 'findCredentialsById'>;
  readonly hasher: PasswordHasher;
  readonly signInFailures: Pick<SignInFailures, 'claim' | 'clear'>;
  readonly lockout: Lockout;
  readonly accountKeys: Pick<AccountKeys, 'ofUser'>;
  readonly recordFailure: RecordFailedAuthentication;
  readonly requireFresh: RequireFresh;
}

/** Proof that the user authenticated recently, or that the current password was correct. */
export interface Reauthentication {
  /**
   * Checks under the user's lock that the proof still holds: the session is live, or the stored password is the one that
   * was verified.
   * @throws DomainError `unavailable` after a change of the password: on the next try the caller has to send the new one.
   *   `invalid_token` when the session has ended.
   */
  assertStillTrue(user: User, transaction: Pick<Transaction, 'sessions'>): Promise<void>;
}

export type Reauthenticate = ReturnType<typeof createReauthenticate>;

/**
 * Authenticates a signed-in user again before a sensitive change (OWASP ASVS 7.5.1): by the current password if the
 * request has one, otherwise by the time of the last authentication. Works outside of a transaction since hashing is
 * slow. Attempts have a counter of their own, so that a thief of a token cannot guess the password, and the sign-ins of a
 * stranger do not keep the owner from a change. `field` is the name of the password in the request.
 * @throws DomainError `step_up_required` without a password, `validation_failed` on the password, `user_not_found`,
 *   `rate_limited`, `overloaded`
 */
export function createReauthenticate(deps: Deps) {
  return (
    caller: Caller,
    userId: string,
    currentPassword: string | undefined,
    field: 'current_password' | 'password' = 'current_password',
  ): Promise<Reauthentication> =>
    currentPassword === undefined
      ? bySession(caller)
      : byPassword(caller, userId, currentPassword, field);

  async function bySession(caller: Caller): Promise<Reauthentication> {
    const { sessionId } = requireUser(caller);
    await deps.requireFresh(caller);
    return {
      async assertStillTrue(_user, { sessions }) {
        // Sessions end under the lock of their user: a change of the password meanwhile has ended this one.
        if ((await sessions.findLive(sessionId)) === null) {
          throw invalidToken('The access token is not valid.');
        }
      },
    };
  }

  async function byPassword(
    caller: Caller,
    userId: string,
    password: string,
    field: string,
  ): Promise<Reauthentication> {
    const prepared = preparePasswordAttempt(password);
    const counter: Counter = {
      accountKey: deps.accountKeys.ofUser(userId),
      factor: 'reauthentication',
      deviceId: null,
    };
    const credentials = await deps.hasher.reserve(caller, (hashing) =>
      deps.lockout.inTurn(caller, counter, () =>
        verify(caller, userId, prepared, { counter, field, hashing }),
      ),
    );
    return {
      async assertStillTrue(user) {
        // A rehash changes the hash but not the version, a profile change the version but not the hash.
        if (
          user.state.passwordHash !== credentials.passwordHash &&
          user.version !== credentials.version
        )
          throw accountChanged();
      },
    };
  }

  async function verify(
    caller: Caller,
    userId: string,
    password: PreparedPassword,
    {
      counter,
      field,
      hashing,
    }: { readonly counter: Counter; readonly field: string; readonly hashing: PasswordHashing },
  ): Promise<Credentials> {
    const { rules } = deps.lockout;
    const credentials = await deps.users.findCredentialsById(userId);
    if (credentials === null || credentials.status !== 'active') throw userNotFound();
    const claim = await deps.signInFailures.claim(counter, rules);
    const { counted } = deps.lockout.admit(caller, claim);
    const matches = await deps.lockout.judge(counter, counted, () =>
      hashing.verify(password, credentials.passwordHash),
    );
    if (matches) {
      await deps.signInFailures.clear(counter, rules);
      return credentials;
    }
    await deps.recordFailure(caller, {
      reason: 'wrong_password',
      userId,
      userVersion: credentials.version,
      locked: counted === rules.stop ? counter.factor : null,
    });
    throw wrongPassword(field);
  }
}

function wrongPassword(field: string): DomainError {
  const message = 'The current password is not right.';
  return invalidFields([{ field, code: 'current_password_wrong', message }]);
}
