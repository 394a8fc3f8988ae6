import { DomainError } from '../../../domain/errors.ts';
import type { RecordedEvent } from '../../../domain/events.ts';
import type { Clock, IdGenerator, Logger } from '../../../domain/ports.ts';
import type { UnitOfWork } from '../../../domain/unit-of-work.ts';
import type { Database } from '../sql.ts';
import { createPostgresMailQueue } from './mail-queue.ts';
import { createPostgresOutbox } from './outbox.ts';
import { createPostgresSessionRepository } from './session-repository.ts';
import { createPostgresUserRepository } from './user-repository.ts';

/** What a unit of work is made of. */
export interface UnitOfWorkDependencies {
  readonly database: Database;
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Hears of the events of each transaction that has committed, never of others; not called without events. */
  readonly onCommitted: (events: readonly RecordedEvent[]) => Promise<void>;
  /**
   * Hears of the users whose events may have been committed and may not: copies of them are not to be believed. The
   * commit may still take place a moment later, so what is done here is to be done once more then.
   */
  readonly onUnknownOutcome?: (userIds: ReadonlySet<string>) => Promise<void>;
}

/**
 * Transactions with the repositories bound to them. A failing `onCommitted` is logged and not the caller's failure:
 * what it missed is in the outbox.
 */
export function createUnitOfWork(dependencies: UnitOfWorkDependencies): UnitOfWork {
  const { database, ids, clock, logger, onCommitted, onUnknownOutcome } = dependencies;

  async function announce(events: readonly RecordedEvent[], requestId: string): Promise<void> {
    if (events.length === 0) return;
    try {
      await onCommitted(events);
    } catch (error) {
      logger.error('Committed events could not be handed on.', { error, request_id: requestId });
    }
  }

  async function tellUnknown(events: readonly RecordedEvent[], requestId: string): Promise<void> {
    const userIds = events.flatMap(({ event }) => (event.userId === null ? [] : [event.userId]));
    if (userIds.length === 0) return;
    try {
      await onUnknownOutcome?.(new Set(userIds));
    } catch (error) {
      logger.error('An unknown outcome could not be handed on.', { error, request_id: requestId });
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
        if (isUnknown) await tellUnknown(events, requestId);
        throw error;
      });
      await announce(events, requestId);
      return result;
    },
  };
}
