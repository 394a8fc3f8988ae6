import type { DeadLetters } from '../domain/dead-letters.ts';
import type { DeadMail } from '../domain/mail.ts';
import type { DeadEvent, OutboxLog } from '../domain/outbox/outbox-queue.ts';
import type { HealthCheck } from '../domain/ports.ts';
import { type AccessPorts, createAccessUseCases } from './access/access-use-cases.ts';
import { createCheckHealth } from './check-health.ts';
import { createMailUseCases } from './mail/mail-use-cases.ts';
import { createOutboxUseCases } from './outbox/outbox-use-cases.ts';
import { createServiceAccountUseCases } from './service-accounts/service-account-use-cases.ts';
import { createRecordFailedAuthentication } from './sessions/record-failed-authentication.ts';
import { createSessionUseCases, type SessionPorts } from './sessions/session-use-cases.ts';
import { createUserUseCases, type UserPorts } from './users/user-use-cases.ts';

export interface UseCasePorts
  extends AccessPorts,
    Omit<SessionPorts, 'recordFailure'>,
    Omit<UserPorts, 'recordFailure'> {
  readonly lifetimes: SessionPorts['lifetimes'];
  readonly knownServiceAccounts: AccessPorts['knownServiceAccounts'] & { clear(): void };
  readonly outboxLog: OutboxLog;
  readonly deadEvents: DeadLetters<DeadEvent>;
  readonly deadMails: DeadLetters<DeadMail>;
  readonly healthChecks: readonly HealthCheck[];
  readonly monotonicMs: () => number;
}

/** What the service can do, independent of protocol and caller. */
export type UseCases = ReturnType<typeof createUseCases>;

export function createUseCases(ports: UseCasePorts) {
  const { logger } = ports;
  // One instance for sign-in and re-authentication: its limit on events counts both.
  const recordFailure = createRecordFailedAuthentication(ports);
  return {
    users: createUserUseCases({ ...ports, recordFailure }),
    sessions: createSessionUseCases({ ...ports, recordFailure }),
    access: createAccessUseCases(ports),
    serviceAccounts: createServiceAccountUseCases({
      ...ports,
      accounts: ports.serviceAccounts,
      keys: ports.serviceKeys,
      onRevoked: () => ports.knownServiceAccounts.clear(),
    }),
    outbox: createOutboxUseCases(ports),
    mail: createMailUseCases(ports),
    checkHealth: createCheckHealth({
      checks: ports.healthChecks,
      logger,
      monotonicMs: ports.monotonicMs,
    }),
  };
}
