import { DomainError, InvalidValue } from '../../domain/errors.ts';
import type { AuthenticationFailure } from '../../domain/events.ts';
import type {
  AccountKeys,
  Counter,
  DeviceTokens,
  SignInFailures,
} from '../../domain/lockout/sign-in-failures.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import {
  emailUnverified,
  invalidCredentials,
  passwordExpired,
  unavailable,
} from '../../domain/rejections.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import { type EmailAddress, parseEmailAddress } from '../../domain/user/email-address.ts';
import {
  PASSWORD_NORMALIZATION_VERSION,
  type PreparedPassword,
  preparePasswordAttempt,
} from '../../domain/user/password.ts';
import type { PasswordHasher, PasswordHashing } from '../../domain/user/password-hasher.ts';
import type { ProfileRules } from '../../domain/user/profile-rules.ts';
import type { User } from '../../domain/user/user.ts';
import type { Credentials } from '../../domain/user/user-repository.ts';
import type { Caller } from '../access/caller.ts';
import { withoutIdempotency } from '../idempotency/without-idempotency.ts';
import type { LimitedBy, Limits } from '../limits/limits.ts';
import type { Lockout } from '../lockout/lockout.ts';
import { enableInTime } from '../users/enable-users-in-time.ts';
import type { ChallengeRequests } from '../verification/challenge-requests.ts';
import type { VerificationOfRegistrations } from '../verification/challenge-settings.ts';
import type { IssuedTokens, IssueTokens } from './issue-tokens.ts';
import { readAudience } from './read-audience.ts';
import type { RecordFailedAuthentication } from './record-failed-authentication.ts';
import type { StartSession } from './start-session.ts';

interface Deps {
  readonly unitOfWork: UnitOfWork;
  readonly limits: Pick<Limits, 'check'>;
  readonly signInFailures: Pick<SignInFailures, 'claimSignIn'>;
  readonly lockout: Lockout;
  readonly accountKeys: Pick<AccountKeys, 'ofEmail'>;
  readonly deviceTokens: DeviceTokens;
  readonly hasher: PasswordHasher;
  readonly startSession: StartSession;
  readonly issueTokens: IssueTokens;
  readonly recordFailure: RecordFailedAuthentication;
  readonly challengeRequests: ChallengeRequests;
  readonly registration: Pick<
    VerificationOfRegistrations,
    'requireVerifiedEmail' | 'existingEmail'
  >;
  readonly profileRules: Pick<ProfileRules, 'email'>;
  readonly clock: Clock;
  readonly audiences: readonly string[];
  readonly logger: Logger;
}

export interface SignInInput {
  readonly email: string;
  readonly password: string;
  /** One of `tokens.audience`. Default: this service. */
  readonly audience?: string;
  /** What an earlier sign-in returned; any other text counts as none. */
  readonly deviceToken?: string;
}

/** The tokens of a new session, and one that marks the device from now on. */
export interface SignedIn extends IssuedTokens {
  readonly deviceToken: string;
}

/** A sign-in whose address and device are known. */
interface Attempt {
  readonly audience: string | undefined;
  readonly email: EmailAddress;
  readonly password: PreparedPassword;
  readonly counter: Counter;
}

/** The account changed since the password was verified. */
class AccountChanged extends Error {
  override readonly name = 'AccountChanged';
}

/** How often a sign-in is tried when the account changes meanwhile. */
const MAX_ATTEMPTS = 3;

/**
 * Starts a session for a correct address and password. An unknown address, a wrong password and a disabled account get
 * the same rejection after the same work (OWASP ASVS 6.3.8). Only the right password of an active account is told that
 * it has expired or that the address is not verified; the latter not where taken addresses are concealed. Each attempt
 * is counted before it is judged. While it has to wait, a right password is refused as a wrong one is, without being
 * looked at.
 * @throws DomainError `invalid_credentials`, `password_expired`, `email_unverified`, `rate_limited`, `overloaded`,
 *   `validation_failed` on `audience`
 */
export function createSignIn(deps: Deps) {
  // Someone who registered an address must not learn by a sign-in that it was free: the right password of an unproven
  // account is refused, counted and answered as a wrong one.
  const concealsUnverified = deps.registration.existingEmail === 'conceal';

  return async (caller: Caller, input: SignInInput): Promise<SignedIn> => {
    const email = readEmail(input.email, deps.profileRules);
    const { deviceToken = '' } = input;
    const deviceId = deps.deviceTokens.read(deviceToken, email);
    // Without a valid address, the text as it is sent: other such texts have counters of their own.
    const accountKey = deps.accountKeys.ofEmail(email === '' ? ` ${input.email}` : email);
    const attempt: Attempt = {
      audience: readAudience(deps.audiences, input.audience),
      email,
      password: preparePasswordAttempt(input.password),
      counter: { accountKey, factor: 'password', deviceId },
    };
    await deps.limits.check(caller, limitsOf(attempt));
    // The place comes first: a client that cannot be served in time is refused at once, not after the attempts before it.
    const tokens = await deps.hasher.reserve(caller, (hashing) =>
      deps.lockout.inTurn(caller, attempt.counter, () => signIn(caller, attempt, hashing)),
    );
    return { ...tokens, deviceToken: deps.deviceTokens.issue(email, deviceId) };
  };

  async function signIn(
    caller: Caller,
    attempt: Attempt,
    hashing: PasswordHashing,
  ): Promise<IssuedTokens> {
    for (let count = 1; count <= MAX_ATTEMPTS; count += 1) {
      const { credentials, counted } = await authenticate(caller, attempt, hashing);
      if (deps.registration.requireVerifiedEmail && !credentials.emailVerified) {
        throw await refuseUnverified(caller, attempt, credentials.userId);
      }
      // The password is right: without a session, the attempt must not bring its owner nearer to a wait.
      const tokens = await deps.lockout
        .judge(attempt.counter, counted, () => startSession(caller, attempt, credentials))
        .catch((error: unknown) => {
          if (error instanceof AccountChanged) return null;
          throw error;
        });
      if (tokens !== null) return tokens;
    }
    throw unavailable('The account keeps changing. Try again.');
  }

  async function authenticate(
    caller: Caller,
    { email, password, counter }: Attempt,
    hashing: PasswordHashing,
  ): Promise<{ readonly credentials: Credentials; readonly counted: number }> {
    const { rules } = deps.lockout;
    const { claim, credentials } = await deps.signInFailures.claimSignIn(counter, email, rules);
    const { counted } = deps.lockout.admit(caller, claim);
    const matches = await deps.lockout.judge(counter, counted, () =>
      credentials === null
        ? hashing.verifyDummyHash(password)
        : hashing.verify(password, credentials.expiredPasswordHash ?? credentials.passwordHash),
    );
    const failure = failureOf(credentials, matches, concealsUnverified);
    if (credentials !== null && failure === null) return { credentials, counted };
    await deps.recordFailure(caller, {
      reason: failure ?? 'unknown_email',
      userId: credentials?.userId ?? null,
      userVersion: credentials?.version ?? null,
      locked: counter.deviceId === null && counted === rules.stop ? counter.factor : null,
    });
    throw failure === 'password_expired' ? passwordExpired() : invalidCredentials();
  }

  /** The caller knows the password, so the mail that follows keeps it. */
  async function refuseUnverified(caller: Caller, { email, counter }: Attempt, userId: string) {
    deps.logger.info('sign-in refused until the address is verified', {
      ...{ request_id: caller.requestId, client_ip: caller.ip, user_id: userId },
    });
    const request = { purpose: 'verify', userId, email, byHolder: true } as const;
    await deps.unitOfWork.run(withoutIdempotency(caller), async (transaction) => {
      await transaction.signInFailures.clear(counter, deps.lockout.rules);
      await deps.challengeRequests.addIfPossible(transaction, request);
    });
    deps.challengeRequests.announce();
    return emailUnverified();
  }

  /** A hash with current parameters if the stored one is outdated. An overload does not fail the sign-in. */
  async function rehash(caller: Caller, password: PreparedPassword, credentials: Credentials) {
    if (!deps.hasher.isOutdated(credentials.passwordHash)) return null;
    try {
      return await deps.hasher.reserve(caller, (hashing) => hashing.hash(password));
    } catch (error) {
      if (error instanceof DomainError && error.code === 'overloaded') return null;
      throw error;
    }
  }

  /** @throws AccountChanged when the account changed since the password was verified */
  async function startSession(
    caller: Caller,
    { counter, audience, password }: Attempt,
    credentials: Credentials,
  ): Promise<IssuedTokens> {
    const { userId } = credentials;
    const newHash = await rehash(caller, password, credentials);
    const session = await deps.unitOfWork.run(caller, async (ports) => {
      const user = await ports.users.lockById(userId);
      // Thrown, so that nothing is committed: with an idempotency key, a commit would wait for the answer.
      if (user === null || !isStillProven(user, credentials)) throw new AccountChanged();
      await enableInTime(ports, user, deps.clock);
      if (newHash !== null) {
        const { passwordHash } = credentials;
        await ports.users.updatePasswordHash(
          userId,
          passwordHash,
          newHash,
          PASSWORD_NORMALIZATION_VERSION,
        );
      }
      await ports.signInFailures.clear(counter, deps.lockout.rules);
      return await deps.startSession(caller, ports, user);
    });
    deps.logger.info('signed in', {
      request_id: caller.requestId,
      client_ip: caller.ip,
      user_id: userId,
      session_id: session.id,
    });
    return deps.issueTokens(session, { audience });
  }
}

/**
 * Whether the verified password is still that of the locked row. A rehash by another sign-in changes the hash but not
 * the version; a profile change changes the version but not the hash.
 */
function isStillProven({ state }: User, { passwordHash, version }: Credentials): boolean {
  const mayStart = state.status === 'active' || state.disablingIsOver;
  return mayStart && (state.passwordHash === passwordHash || state.version === version);
}

/** Why the sign-in is refused; null when it is not. */
function failureOf(
  credentials: Credentials | null,
  matches: boolean,
  concealsUnverified: boolean,
): AuthenticationFailure | null {
  if (credentials === null) return 'unknown_email';
  if (!matches) return 'wrong_password';
  if (concealsUnverified && !credentials.emailVerified) return 'email_unverified';
  if (credentials.status !== 'active') return 'user_disabled';
  return credentials.expiredPasswordHash === null ? null : 'password_expired';
}

/** A known device has a counter of its own, so that no flood from elsewhere keeps its owner out. */
function limitsOf({ email, counter }: Attempt): readonly LimitedBy[] {
  const client: LimitedBy = { policy: 'sign_in_client' };
  return counter.deviceId === null
    ? [
        client,
        { policy: 'sign_in_pair', key: email },
        { policy: 'sign_in_global' },
        { policy: 'global' },
      ]
    : [client];
}

/** An invalid address counts as unknown: the empty text matches no stored address. */
function readEmail(input: string, rules: Pick<ProfileRules, 'email'>): EmailAddress {
  try {
    return parseEmailAddress(input, rules.email);
  } catch (error) {
    if (error instanceof InvalidValue) return '' as EmailAddress;
    throw error;
  }
}
