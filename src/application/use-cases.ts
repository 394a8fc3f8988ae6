import type { MailAdministration } from '../domain/mail.ts';
import type { OutboxAdministration, OutboxLog } from '../domain/outbox/outbox-queue.ts';
import type { Clock, HealthCheck, IdGenerator, Logger } from '../domain/ports.ts';
import type { ServiceAccountRepository } from '../domain/service-account/service-account-repository.ts';
import type { ServiceKeys } from '../domain/service-account/service-keys.ts';
import type { AccessTokens } from '../domain/session/access-tokens.ts';
import type { RefreshTokens } from '../domain/session/refresh-tokens.ts';
import type { SessionLifetimes, SessionRepository } from '../domain/session/session-repository.ts';
import type { UnitOfWork } from '../domain/unit-of-work.ts';
import type { PasswordHasher } from '../domain/user/password-hasher.ts';
import type { UserReader, UserRepository } from '../domain/user/user-repository.ts';
import { createIntrospectToken } from './access/introspect-token.ts';
import type { Revocations } from './access/revocations.ts';
import { createVerifyAccessToken, type VerifiedTokens } from './access/verify-access-token.ts';
import { createVerifyServiceKey, type KnownServiceAccounts } from './access/verify-service-key.ts';
import { createCheckHealth } from './check-health.ts';
import { createManageMail } from './mail/manage-mail.ts';
import { createManageEvents } from './outbox/manage-events.ts';
import { createManageServiceAccounts } from './service-accounts/manage-service-accounts.ts';
import { createEndSessions } from './sessions/end-sessions.ts';
import { createListSessions } from './sessions/list-sessions.ts';
import { createRecordFailedAuthentication } from './sessions/record-failed-authentication.ts';
import { createRefreshSession } from './sessions/refresh-session.ts';
import { createIssueGrant } from './sessions/session-grant.ts';
import { createSignIn } from './sessions/sign-in.ts';
import { createChangePassword } from './users/change-password.ts';
import { createConfirmPassword } from './users/confirm-password.ts';
import { createDeleteUser } from './users/delete-user.ts';
import { createGetPublicProfiles } from './users/get-public-profiles.ts';
import { createGetUser } from './users/get-user.ts';
import { createListUsers } from './users/list-users.ts';
import type { PasswordRules } from './users/password-rules.ts';
import { createRegisterUser } from './users/register-user.ts';
import { createUpdateUser } from './users/update-user.ts';

/** Everything the use cases stand on. */
export interface UseCasePorts {
  readonly users: UserRepository;
  /** Reads that may come from a cache. */
  readonly userReader: UserReader;
  readonly sessions: SessionRepository;
  readonly serviceAccounts: ServiceAccountRepository;
  readonly outboxLog: OutboxLog;
  readonly outboxAdministration: OutboxAdministration;
  readonly mailAdministration: MailAdministration;
  readonly unitOfWork: UnitOfWork;
  readonly hasher: PasswordHasher;
  readonly passwordRules: PasswordRules;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly serviceKeys: ServiceKeys;
  readonly revocations: Revocations;
  readonly verifiedTokens: VerifiedTokens;
  readonly knownServiceAccounts: KnownServiceAccounts & { clear(): void };
  readonly healthChecks: readonly HealthCheck[];
  readonly lifetimes: SessionLifetimes & {
    readonly accessTtlMs: number;
    readonly refreshGraceMs: number;
  };
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly ids: IdGenerator;
  readonly logger: Logger;
}

/** Everything the service can do, whoever asks and over whatever protocol. */
export type UseCases = ReturnType<typeof createUseCases>;

/** Builds every use case once. */
export function createUseCases(ports: UseCasePorts) {
  const { users, userReader, unitOfWork, hasher, clock, logger, lifetimes } = ports;
  const recordFailure = createRecordFailedAuthentication(ports);
  const confirmPassword = createConfirmPassword({ users, hasher, recordFailure });
  const issueGrant = createIssueGrant({
    accessTokens: ports.accessTokens,
    accessTtlMs: lifetimes.accessTtlMs,
  });
  const verifyAccessToken = createVerifyAccessToken({
    ...ports,
    verified: ports.verifiedTokens,
    accessTtlMs: lifetimes.accessTtlMs,
  });
  return {
    registerUser: createRegisterUser(ports),
    getUser: createGetUser({ users: userReader }),
    listUsers: createListUsers({ users: userReader }),
    getPublicProfiles: createGetPublicProfiles({ users: userReader }),
    updateUser: createUpdateUser({ users, unitOfWork, confirmPassword, clock }),
    changePassword: createChangePassword({ ...ports, confirmPassword }),
    deleteUser: createDeleteUser({ unitOfWork, confirmPassword, clock }),
    signIn: createSignIn({ ...ports, issueGrant, recordFailure }),
    refreshSession: createRefreshSession({
      unitOfWork,
      refreshTokens: ports.refreshTokens,
      issueGrant,
      idleTtlMs: lifetimes.idleTtlMs,
      refreshGraceMs: lifetimes.refreshGraceMs,
      logger,
    }),
    listSessions: createListSessions(ports),
    endSessions: createEndSessions({ unitOfWork }),
    verifyAccessToken,
    verifyServiceKey: createVerifyServiceKey({
      keys: ports.serviceKeys,
      accounts: ports.serviceAccounts,
      known: ports.knownServiceAccounts,
    }),
    introspectToken: createIntrospectToken({ verifyAccessToken }),
    publicKeys: () => ports.accessTokens.publicKeys(),
    manageServiceAccounts: createManageServiceAccounts({
      ...ports,
      accounts: ports.serviceAccounts,
      keys: ports.serviceKeys,
      onRevoked: () => ports.knownServiceAccounts.clear(),
    }),
    manageEvents: createManageEvents({
      log: ports.outboxLog,
      administration: ports.outboxAdministration,
      logger,
    }),
    manageMail: createManageMail({ administration: ports.mailAdministration, logger }),
    checkHealth: createCheckHealth({
      checks: ports.healthChecks,
      logger,
      monotonicMs: ports.monotonicMs,
    }),
  };
}
