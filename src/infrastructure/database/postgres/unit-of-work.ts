import type { Clock, IdGenerator, Logger, RecordedEvent } from '../../../domain/ports.ts';
import type { UnitOfWork } from '../../../domain/unit-of-work.ts';
import type { Database } from '../sql.ts';
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
}

/**
 * Transactions with the repositories bound to them. A failing `onCommitted` is logged and not the caller's failure:
 * what it missed is in the outbox.
 */
export function createUnitOfWork(dependencies: UnitOfWorkDependencies): UnitOfWork {
  const { database, ids, clock, logger, onCommitted } = dependencies;

  async function announce(events: readonly RecordedEvent[], requestId: string): Promise<void> {
    if (events.length === 0) return;
    try {
      await onCommitted(events);
    } catch (error) {
      logger.error('Committed events could not be handed on.', { error, request_id: requestId });
    }
  }

  return {
    async run({ requestId }, work) {
      const { result, events } = await database.transaction(async (connection) => {
        const outbox = createPostgresOutbox(connection, { ids, clock, requestId });
        const transaction = {
          users: createPostgresUserRepository(connection),
          sessions: createPostgresSessionRepository(connection),
          outbox,
        };
        return { result: await work(transaction), events: outbox.recorded };
      });
      await announce(events, requestId);
      return result;
    },
  };
}
