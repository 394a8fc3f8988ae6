import type {
  LoggedEvent,
  OutboxAdministration,
  OutboxLog,
  ParkedEvent,
} from '../../domain/outbox/outbox-queue.ts';
import type { Logger } from '../../domain/ports.ts';
import type { Caller } from '../access/caller.ts';
import { requireOperator } from '../access/policy.ts';

interface Deps {
  readonly log: Pick<OutboxLog, 'findLastPosition' | 'list'>;
  readonly administration: OutboxAdministration;
  readonly logger: Logger;
}

const MAX_PARKED = 1_000;
const PAGE = 500;

/** Every method throws DomainError `forbidden` for anybody but the operator. */
export function createOutboxUseCases({ log, administration, logger }: Deps) {
  return {
    /** The events after a position, or for null none: only where the log ends. */
    async list(
      caller: Caller,
      afterPosition: number | null,
    ): Promise<{ readonly events: readonly LoggedEvent[]; readonly lastPosition: number }> {
      requireOperator(caller);
      if (afterPosition === null) return { events: [], lastPosition: await log.findLastPosition() };
      const events = await log.list(afterPosition, PAGE);
      return { events, lastPosition: events.at(-1)?.position ?? afterPosition };
    },

    /** The oldest first, at most a thousand. */
    async listParked(caller: Caller): Promise<readonly ParkedEvent[]> {
      requireOperator(caller);
      return await administration.listParked(MAX_PARKED);
    },

    /** One event, or all for null. @returns how many are tried again. */
    async requeueParked(caller: Caller, id: string | null): Promise<number> {
      requireOperator(caller);
      const count = await administration.requeueParked(id);
      logger.info('parked events are tried again', { request_id: caller.requestId, count });
      return count;
    },

    /** @returns false when it is not parked. */
    async dropParked(caller: Caller, id: string): Promise<boolean> {
      requireOperator(caller);
      const dropped = await administration.dropParked(id);
      if (dropped) {
        logger.warn('a parked event was dropped', { request_id: caller.requestId, event_id: id });
      }
      return dropped;
    },
  };
}
