import { DomainError } from '../../../domain/errors.ts';
import type { RecordedEvent } from '../../../domain/events.ts';
import type { Clock, IdGenerator, Logger } from '../../../domain/ports.ts';
import type { EndedSessions } from '../../../domain/session/session-ending.ts';
import type { Transaction, UnitOfWork, UnitOfWorkContext } from '../../../domain/unit-of-work.ts';
import type { ProfileField } from '../../../domain/user/profile-fields.ts';
import type { User } from '../../../domain/user/user.ts';
import type { MailSeal } from '../../security/mail-seal.ts';
import type { Database, SqlConnection } from '../sql.ts';
import { createPostgresAdministrativeActs } from './administrative-acts.ts';
import { claimAnswerRecord, completeAnswerRecord } from './answer-records.ts';
import { createPostgresChallengeRepository } from './challenge-repository.ts';
import { createPostgresInvitationRepository } from './invitation-repository.ts';
import { createPostgresMailQueue } from './mail-queue.ts';
import { createPostgresOutbox } from './outbox.ts';
import { createPostgresRegistrationRequests } from './registration-requests.ts';
import { createPostgresServiceAccountRepository } from './service-account-repository.ts';
import { createPostgresSessionEnding } from './session-ending.ts';
import { createPostgresSessionRepository } from './session-repository.ts';
import { createPostgresSignInFailures } from './sign-in-failures.ts';
import { updateUserWithEvents } from './update-user.ts';
import { createPostgresUserRepository } from './user-repository.ts';
import { createPostgresWebhookLog } from './webhook-deliveries.ts';
import { createPostgresWebhookEndpoints } from './webhook-endpoints.ts';

export interface UnitOfWorkDependencies {
  readonly database: Database;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly mailSeal: MailSeal;
  /** Fields whose values events carry; none by default. */
  readonly includedFields?: readonly ProfileField[];
  /** Gets what each committed transaction recorded, if anything; the caller waits for it. */
  readonly onCommitted: FollowUp;
  /** Gets what a transaction recorded that may or may not have committed, and may still commit a moment later. */
  readonly onUnknownOutcome?: FollowUp;
}

/**
 * @param ended the ended sessions, whose events are not in `events`
 * @param allRevoked the second of a revocation of all tokens; null without one
 */
type FollowUp = (
  events: readonly RecordedEvent[],
  ended: readonly EndedSessions[],
  allRevoked: number | null,
) => Promise<void>;

interface Recorded {
  readonly events: readonly RecordedEvent[];
  readonly ended: readonly EndedSessions[];
  readonly allRevoked: () => number | null;
}

/**
 * Runs transactions with the repositories bound to them. A failing `onCommitted` or `onUnknownOutcome` is logged and
 * does not change the caller's result: the events are in the outbox.
 */
export function createUnitOfWork(dependencies: UnitOfWorkDependencies): UnitOfWork {
  const { database, ids, clock, logger, mailSeal, onCommitted, onUnknownOutcome } = dependencies;
  const { includedFields = [] } = dependencies;

  async function follow(
    { events, ended, allRevoked }: Recorded,
    requestId: string,
    step: FollowUp | undefined,
  ): Promise<void> {
    if (events.length === 0 && ended.length === 0 && allRevoked() === null) return;
    try {
      await step?.(events, ended, allRevoked());
    } catch (error) {
      logger.error('could not finish the work after a commit', { error, request_id: requestId });
    }
  }

  async function runNow<T>(
    { requestId, deadline }: UnitOfWorkContext,
    work: (transaction: Transaction, connection: SqlConnection) => Promise<T>,
  ): Promise<T> {
    let recorded: Recorded = { events: [], ended: [], allRevoked: () => null };
    const transaction = database.transaction(async (connection, commitWithNext) => {
      const stamp = { ids, clock, requestId, includedFields };
      const outbox = createPostgresOutbox(connection, stamp);
      const sessionEnding = createPostgresSessionEnding(connection, stamp);
      recorded = {
        events: outbox.recorded,
        ended: sessionEnding.recorded,
        allRevoked: sessionEnding.allRevoked,
      };
      const ports = {
        users: createPostgresUserRepository(connection),
        updateUser: (user: User) => updateUserWithEvents(connection, outbox, user),
        sessions: createPostgresSessionRepository(connection),
        sessionEnding,
        outbox,
        mail: createPostgresMailQueue(connection, { ids, clock, mailSeal }),
        challenges: createPostgresChallengeRepository(connection),
        registrationRequests: createPostgresRegistrationRequests(connection),
        acts: createPostgresAdministrativeActs(connection, { ids, requestId }),
        invitations: createPostgresInvitationRepository(connection),
        signInFailures: createPostgresSignInFailures(connection),
        serviceAccounts: createPostgresServiceAccountRepository(connection),
        webhookEndpoints: createPostgresWebhookEndpoints(connection),
        webhookLog: createPostgresWebhookLog(connection),
        commitWithNext,
      };
      return await work(ports, connection);
    }, deadline);
    const result = await transaction.catch(async (error: unknown) => {
      const isUnknown = error instanceof DomainError && error.code === 'outcome_unknown';
      if (isUnknown) await follow(recorded, requestId, onUnknownOutcome);
      throw error;
    });
    await follow(recorded, requestId, onCommitted);
    return result;
  }

  return {
    run(context, work) {
      const { idempotency } = context;
      if (idempotency === undefined) return runNow(context, work);
      return idempotency.run((answerFor) =>
        runNow(context, async (transaction, connection) => {
          await claimAnswerRecord(connection, idempotency);
          // The answer is stored after the work, so no statement of the work is the last one.
          const result = await work({ ...transaction, commitWithNext: () => {} });
          const answer = await answerFor(result);
          transaction.commitWithNext();
          await completeAnswerRecord(connection, idempotency.key, answer);
        }),
      );
    },
  };
}
