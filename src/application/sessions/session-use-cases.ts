import type {
  AccountKeys,
  DeviceTokens,
  SignInFailures,
} from '../../domain/lockout/sign-in-failures.ts';
import type { Clock, Logger } from '../../domain/ports.ts';
import type { RefreshTokens } from '../../domain/session/refresh-tokens.ts';
import type {
  SessionLifetimes,
  SessionRepository,
} from '../../domain/session/session-repository.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import type { ProfileRules } from '../../domain/user/profile-rules.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { SnapshotHistory } from '../access/snapshot-history.ts';
import type { Limits } from '../limits/limits.ts';
import type { Lockout } from '../lockout/lockout.ts';
import type { Reauthenticate } from '../users/reauthenticate.ts';
import type { ChallengeRequests } from '../verification/challenge-requests.ts';
import type { VerificationOfRegistrations } from '../verification/challenge-settings.ts';
import { createEndSessions } from './end-sessions.ts';
import type { IssueTokens } from './issue-tokens.ts';
import { createListSessions } from './list-sessions.ts';
import { createReauthenticateSession } from './reauthenticate-session.ts';
import type { RecordFailedAuthentication } from './record-failed-authentication.ts';
import { createRefreshSession } from './refresh-session.ts';
import { createRevokeAllSessions } from './revoke-all-sessions.ts';
import { createSignIn } from './sign-in.ts';
import type { StartSession } from './start-session.ts';

export interface SessionPorts {
  readonly users: UserRepository;
  readonly sessions: SessionRepository;
  readonly unitOfWork: UnitOfWork;
  readonly limits: Pick<Limits, 'check'>;
  readonly signInFailures: SignInFailures;
  readonly lockout: Lockout;
  readonly accountKeys: AccountKeys;
  readonly deviceTokens: DeviceTokens;
  readonly hasher: PasswordHasher;
  readonly profileRules: ProfileRules;
  readonly reauthenticate: Reauthenticate;
  readonly startSession: StartSession;
  readonly issueTokens: IssueTokens;
  readonly refreshTokens: RefreshTokens;
  readonly recordFailure: RecordFailedAuthentication;
  readonly challengeRequests: ChallengeRequests;
  readonly registration: VerificationOfRegistrations;
  readonly lifetimes: SessionLifetimes & {
    readonly refreshGraceMs: number;
  };
  /** `tokens.audience` */
  readonly audiences: readonly string[];
  readonly snapshots: Pick<SnapshotHistory, 'before'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createSessionUseCases(ports: SessionPorts) {
  const { idleTtlMs, refreshGraceMs } = ports.lifetimes;
  const listing = createListSessions(ports);
  const ending = createEndSessions(ports);
  return {
    signIn: createSignIn(ports),
    refresh: createRefreshSession({ ...ports, idleTtlMs, refreshGraceMs }),
    reauthenticate: createReauthenticateSession(ports),
    listOwn: listing.own,
    listOfUser: listing.ofUser,
    endOwn: ending.own,
    endOfUser: ending.ofUser,
    revokeAll: createRevokeAllSessions(ports),
  };
}
