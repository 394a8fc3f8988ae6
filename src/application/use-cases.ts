import type { DeadLetters } from '../domain/dead-letters.ts';
import type { Diagnostics } from '../domain/diagnostics.ts';
import type { AnswerRecords, AnswerSeals } from '../domain/idempotency/idempotent-request.ts';
import type { DeadMail } from '../domain/mail.ts';
import type { EventAudit, EventRestorations } from '../domain/outbox/event-audit.ts';
import type { StreamReader } from '../domain/outbox/event-stream.ts';
import type { DeadEvent, OutboxLog } from '../domain/outbox/outbox-queue.ts';
import type { HealthCheck, IdGenerator } from '../domain/ports.ts';
import { type AccessPorts, createAccessUseCases } from './access/access-use-cases.ts';
import { createRequireFresh } from './access/require-fresh.ts';
import { createCheckHealth } from './check-health.ts';
import { createDiagnosticsUseCases } from './diagnostics.ts';
import { createAnswerOnce } from './idempotency/answer-once.ts';
import {
  createInvitationUseCases,
  type InvitationPorts,
} from './invitations/invitation-use-cases.ts';
import type { Limits } from './limits/limits.ts';
import { createLockout, type LockoutDeps } from './lockout/lockout.ts';
import { createClearFailures, createLockoutUseCases } from './lockout/lockout-use-cases.ts';
import { createMailUseCases } from './mail/mail-use-cases.ts';
import { createOAuthUseCases } from './oauth/oauth-use-cases.ts';
import { createFeedUseCases, type FeedPorts } from './outbox/feed-use-cases.ts';
import { createOutboxUseCases } from './outbox/outbox-use-cases.ts';
import { createReadSchema, type ReadSchemaRecord } from './read-schema.ts';
import { createServiceAccountUseCases } from './service-accounts/service-account-use-cases.ts';
import { createIssueTokens } from './sessions/issue-tokens.ts';
import { createRecordFailedAuthentication } from './sessions/record-failed-authentication.ts';
import { createSessionUseCases, type SessionPorts } from './sessions/session-use-cases.ts';
import { createStartSession } from './sessions/start-session.ts';
import {
  createSigningKeyUseCases,
  type SigningKeyPorts,
} from './signing-keys/signing-key-use-cases.ts';
import { createReauthenticate } from './users/reauthenticate.ts';
import { createRegistrationRequests } from './users/registration-requests.ts';
import { createServeRegistrationRequests } from './users/serve-registration-requests.ts';
import { createUserUseCases, type UserPorts } from './users/user-use-cases.ts';
import { createAnnounceEmailChange } from './verification/announce-email-change.ts';
import { createChallengeRequests } from './verification/challenge-requests.ts';
import type { AccountLinks } from './verification/challenge-settings.ts';
import { createServeChallengeRequests } from './verification/serve-challenge-requests.ts';
import {
  createVerificationUseCases,
  type VerificationPorts,
} from './verification/verification-use-cases.ts';
import { createWebhookUseCases, type WebhookPorts } from './webhooks/webhook-use-cases.ts';

/** Steps that several use cases share; they are made here. */
type SharedSteps =
  | 'recordFailure'
  | 'lockout'
  | 'startSession'
  | 'issueTokens'
  | 'reauthenticate'
  | 'requireFresh'
  | 'challengeRequests'
  | 'registrationRequests'
  | 'serveRegistrations'
  | 'announceEmailChange';

export interface UseCasePorts
  extends Omit<AccessPorts, SharedSteps>,
    LockoutDeps,
    FeedPorts,
    InvitationPorts,
    SigningKeyPorts,
    WebhookPorts,
    Omit<SessionPorts, SharedSteps>,
    Omit<UserPorts, SharedSteps>,
    Omit<VerificationPorts, SharedSteps> {
  readonly ids: IdGenerator;
  readonly accountLinks: AccountLinks;
  readonly limits: Limits;
  readonly lifetimes: SessionPorts['lifetimes'] & {
    readonly accessTtlMs: number;
    readonly maxPerUser: number;
  };
  readonly knownServiceAccounts: AccessPorts['knownServiceAccounts'] & { clear(): void };
  readonly serviceTokens: AccessPorts['serviceTokens'] & { clear(): void };
  readonly answerRecords: AnswerRecords;
  readonly answerSeals: AnswerSeals;
  /** How long the answer to a request with an idempotency key is kept, in milliseconds. */
  readonly idempotencyTtlMs: number;
  readonly outboxLog: OutboxLog;
  readonly eventAudit: EventAudit;
  readonly eventRestorations: EventRestorations;
  readonly streamReader: StreamReader | null;
  readonly deadEvents: DeadLetters<DeadEvent>;
  readonly deadMails: DeadLetters<DeadMail>;
  readonly readSchemaRecord: ReadSchemaRecord;
  readonly diagnostics: Diagnostics;
  readonly healthChecks: readonly HealthCheck[];
  readonly monotonicMs: () => number;
  /** `step_up.max_age` */
  readonly stepUpMaxAgeMs: number;
}

/** What the service can do, independent of protocol and caller. */
export type UseCases = ReturnType<typeof createUseCases>;

export function createUseCases(ports: UseCasePorts) {
  const { logger } = ports;
  // One instance for sign-in and re-authentication: its limit on events counts both.
  const recordFailure = createRecordFailedAuthentication({
    ...ports,
    resetPasswordUrl: ports.accountLinks.resetPage,
  });
  const { accessTtlMs, maxPerUser: maxSessionsPerUser } = ports.lifetimes;
  const startSession = createStartSession({ ...ports, maxSessionsPerUser });
  const issueTokens = createIssueTokens({ ...ports, accessTtlMs });
  // One instance for both as well: attempts of one account take turns in it.
  const lockout = createLockout(ports);
  const challengePorts = {
    ...{ ids: ports.ids, secrets: ports.challengeSecrets, settings: ports.challengeSettings },
    links: ports.accountLinks,
  };
  const challengeRequests = createChallengeRequests(challengePorts);
  const requireFresh = createRequireFresh(ports);
  const reauthenticate = createReauthenticate({ ...ports, lockout, recordFailure, requireFresh });
  const shared = {
    ...{ lockout, recordFailure, startSession, issueTokens, challengeRequests, reauthenticate },
    announceEmailChange: createAnnounceEmailChange(challengePorts),
    registrationRequests: createRegistrationRequests(ports),
    serveRegistrations: createServeRegistrationRequests({ ...ports, ...challengePorts }),
  };
  const access = createAccessUseCases({ ...ports, requireFresh });
  return {
    users: createUserUseCases({ ...ports, ...shared }),
    sessions: createSessionUseCases({ ...ports, ...shared }),
    verification: {
      ...createVerificationUseCases({
        ...{ ...ports, ...shared },
        clearFailures: createClearFailures(ports),
      }),
      serveRequests: createServeChallengeRequests({ ...ports, ...challengePorts }),
      onRequest: challengeRequests.onAnnounced,
    },
    access,
    oauth: createOAuthUseCases({
      ...ports,
      findByServiceKey: access.findByServiceKey,
      accessTtlMs,
    }),
    limits: { checkService: ports.limits.checkService },
    lockout: createLockoutUseCases({ ...ports, lockout }),
    serviceAccounts: createServiceAccountUseCases({
      ...ports,
      accounts: ports.serviceAccounts,
      keys: ports.serviceKeys,
      onChanged: () => {
        ports.knownServiceAccounts.clear();
        ports.serviceTokens.clear();
      },
    }),
    invitations: createInvitationUseCases(ports),
    signingKeys: createSigningKeyUseCases(ports),
    feed: createFeedUseCases(ports),
    outbox: createOutboxUseCases(ports),
    mail: createMailUseCases(ports),
    webhooks: createWebhookUseCases(ports),
    diagnostics: createDiagnosticsUseCases(ports),
    schema: { read: createReadSchema(ports) },
    idempotency: createAnswerOnce(ports),
    checkHealth: createCheckHealth({
      checks: ports.healthChecks,
      logger,
      monotonicMs: ports.monotonicMs,
    }),
  };
}
