import { DomainError } from '../../../domain/errors.ts';
import type { RecordedEvent } from '../../../domain/events.ts';
import type { Clock, IdGenerator, Logger } from '../../../domain/ports.ts';
import type { UnitOfWork } from '../../../domain/unit-of-work.ts';
import type { Database } from '../sql.ts';
import { createPostgresMailQueue } from './mail-queue.ts';
import { createPostgresOutbox } from './outbox.ts';
import { createPostgresSessionRepository } from './session-repository.ts';
import { createPostgresUserRepository } from './user-repository.ts';

export interface UnitOfWorkDependencies {
  readonly database: Database;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Gets the events of each committed transaction that has some; the caller waits for it. */
  readonly onCommitted: (events: readonly RecordedEvent[]) => Promise<void>;
  /** Gets the events of each transaction that may or may not have committed, and may still commit a moment later. */
  readonly onUnknownOutcome?: (events: readonly RecordedEvent[]) => Promise<void>;
}

/**
 * Runs transactions with the repositories bound to them. A failing `onCommitted` or `onUnknownOutcome` is logged and
 * does not change the caller's result: the events are in the outbox.
 */
export function createUnitOfWork(dependencies: UnitOfWorkDependencies): UnitOfWork {
  const { database, ids, clock, logger, onCommitted, onUnknownOutcome } = dependencies;

  async function follow(
    events: readonly RecordedEvent[],
    requestId: string,
    step: ((events: readonly RecordedEvent[]) => Promise<void>) | undefined,
  ): Promise<void> {
    if (events.length === 0) return;
    try {
      await step?.(events);
    } catch (error) {
      logger.error('could not finish the work after a commit', { error, request_id: requestId });
    }
  }

  return {
    async run({ requestId }, work) {
      let events: readonly RecordedEvent[] = [];
      const transaction = database.transaction(async (connection) => {
        const outbox = createPostgresOutbox(connection, { ids, clock, requestId });
        events = outbox.recorded;
        return await work({
          users: createPostgresUserRepository(connection),
          sessions: createPostgresSessionRepository(connection),
          outbox,
          mail: createPostgresMailQueue(connection, { ids, clock }),
        });
      });
      const result = await transaction.catch(async (error: unknown) => {
        const isUnknown = error instanceof DomainError && error.code === 'outcome_unknown';
        if (isUnknown) await follow(events, requestId, onUnknownOutcome);
        throw error;
      });
      await follow(events, requestId, onCommitted);
      return result;
    },
  };
}
