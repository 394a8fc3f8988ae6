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
import { createVerifyAccessToken, type VerifiedTokenCache } from './access/verify-access-token.ts';
import { createVerifyServiceKey, type ServiceAccountCache } from './access/verify-service-key.ts';
import { createCheckHealth } from './check-health.ts';
import { createMailUseCases } from './mail/mail-use-cases.ts';
import { createOutboxUseCases } from './outbox/outbox-use-cases.ts';
import { createServiceAccountUseCases } from './service-accounts/service-account-use-cases.ts';
import { createEndSessions } from './sessions/end-sessions.ts';
import { createIssueTokens } from './sessions/issue-tokens.ts';
import { createListSessions } from './sessions/list-sessions.ts';
import { createRecordFailedAuthentication } from './sessions/record-failed-authentication.ts';
import { createRefreshSession } from './sessions/refresh-session.ts';
import { createSignIn } from './sessions/sign-in.ts';
import { createChangePassword } from './users/change-password.ts';
import { createDeleteUser } from './users/delete-user.ts';
import { createGetPublicProfiles } from './users/get-public-profiles.ts';
import { createGetUser } from './users/get-user.ts';
import { createListUsers } from './users/list-users.ts';
import type { PasswordRules } from './users/password-rules.ts';
import { createReauthenticate } from './users/reauthenticate.ts';
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
  readonly verifiedTokens: VerifiedTokenCache;
  readonly knownServiceAccounts: ServiceAccountCache & { clear(): void };
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
  const reauthenticate = createReauthenticate({ users, hasher, recordFailure });
  const issueTokens = createIssueTokens({
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
    updateUser: createUpdateUser({ users, unitOfWork, reauthenticate, clock }),
    changePassword: createChangePassword({ ...ports, reauthenticate }),
    deleteUser: createDeleteUser({ unitOfWork, reauthenticate, clock }),
    signIn: createSignIn({ ...ports, issueTokens, recordFailure }),
    refreshSession: createRefreshSession({
      unitOfWork,
      refreshTokens: ports.refreshTokens,
      issueTokens,
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
    manageServiceAccounts: createServiceAccountUseCases({
      ...ports,
      accounts: ports.serviceAccounts,
      keys: ports.serviceKeys,
      onRevoked: () => ports.knownServiceAccounts.clear(),
    }),
    manageEvents: createOutboxUseCases({
      log: ports.outboxLog,
      administration: ports.outboxAdministration,
      logger,
    }),
    manageMail: createMailUseCases({ administration: ports.mailAdministration, logger }),
    checkHealth: createCheckHealth({
      checks: ports.healthChecks,
      logger,
      monotonicMs: ports.monotonicMs,
    }),
  };
}
