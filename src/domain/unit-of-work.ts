import type { AdministrativeActs } from './administrative-acts.ts';
import type { NewEvent } from './events.ts';
import type { IdempotentRequest } from './idempotency/idempotent-request.ts';
import type { InvitationRepository } from './invitation/invitation.ts';
import type { SignInFailures } from './lockout/sign-in-failures.ts';
import type { NewMail } from './mail.ts';
import type { RequestDeadline } from './ports.ts';
import type { ServiceAccountRepository } from './service-account/service-account-repository.ts';
import type { SessionEnding } from './session/session-ending.ts';
import type { SessionRepository } from './session/session-repository.ts';
import type { RegistrationRequestRepository } from './user/registration-request.ts';
import type { User } from './user/user.ts';
import type { UserRepository } from './user/user-repository.ts';
import type { ChallengeRepository } from './verification/challenge-repository.ts';
import type { WebhookLog } from './webhook/webhook-delivery.ts';
import type { WebhookEndpointRepository } from './webhook/webhook-endpoint.ts';

/** The events of one transaction: they exist if and only if it commits. */
export interface Outbox {
  append(events: readonly NewEvent[]): Promise<void>;
}

/** The mails of one transaction: they are sent if and only if it commits. */
export interface MailQueue {
  enqueue(mails: readonly NewMail[]): Promise<void>;
}

export interface Transaction {
  readonly users: UserRepository;
  readonly sessions: SessionRepository;
  readonly sessionEnding: SessionEnding;
  readonly outbox: Outbox;
  /**
   * Stores the profile, status and version of a locked user that has changed, and appends its events, in one statement.
   * @throws DomainError `email_taken`
   */
  updateUser(user: User): Promise<void>;
  readonly mail: MailQueue;
  readonly acts: AdministrativeActs;
  readonly invitations: InvitationRepository;
  readonly signInFailures: Pick<SignInFailures, 'clear' | 'clearAll'>;
  readonly challenges: ChallengeRepository;
  readonly registrationRequests: RegistrationRequestRepository;
  readonly serviceAccounts: ServiceAccountRepository;
  readonly webhookEndpoints: WebhookEndpointRepository;
  readonly webhookLog: WebhookLog;
  /**
   * Makes the next call that sends a statement the last one: its statement is sent with the commit, which saves a round
   * trip. The call must send one statement only; as the first call of a transaction it is the whole transaction. The work
   * must not throw after it, since the transaction is committed by then.
   */
  commitWithNext(): void;
}

export interface UnitOfWorkContext {
  /** Stored with each event of the transaction. */
  readonly requestId: string;
  /** Absent where no caller waits: a background task, a command. */
  readonly deadline?: RequestDeadline;
  /** Absent when the request has no idempotency key. */
  readonly idempotency?: IdempotentRequest;
}

export interface UnitOfWork {
  /**
   * Commits when `work` returns, and rolls back when it throws. Inside `work`, query only through the transaction and
   * make no network call: the embedded database has one connection, and locks are held.
   *
   * With an idempotency key the result is returned before the commit, which waits for the answer of the request. So the
   * last transaction of a use case is the one that carries its effect, and no query comes after it.
   * @throws DomainError `unavailable` when the database is unreachable, `outcome_unknown` when the connection was lost
   * during the commit.
   */
  run<T>(context: UnitOfWorkContext, work: (transaction: Transaction) => Promise<T>): Promise<T>;
}
