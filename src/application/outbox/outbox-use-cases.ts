import type { DeadLetters } from '../../domain/dead-letters.ts';
import type { EventAudit, EventRestorations } from '../../domain/outbox/event-audit.ts';
import type { StreamReader } from '../../domain/outbox/event-stream.ts';
import type { DeadEvent, LoggedEvent, OutboxLog } from '../../domain/outbox/outbox-queue.ts';
import type { Logger } from '../../domain/ports.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { Caller } from '../access/caller.ts';
import { requireOperator } from '../access/policy.ts';
import { createDeadLetterUseCases } from '../dead-letters.ts';
import { createReadStreamSlice } from './read-stream-slice.ts';
import { createResyncUsers } from './resync-users.ts';

interface Deps {
  readonly outboxLog: Pick<OutboxLog, 'findLastPosition' | 'list'>;
  readonly deadEvents: DeadLetters<DeadEvent>;
  readonly eventAudit: EventAudit;
  readonly eventRestorations: EventRestorations;
  /** Null without a broker. */
  readonly streamReader: StreamReader | null;
  readonly unitOfWork: UnitOfWork;
  readonly logger: Logger;
}

const PAGE_SIZE = 500;

export function createOutboxUseCases(ports: Deps) {
  const { outboxLog, deadEvents, logger } = ports;
  return {
    /**
     * Events after a position, at most 500. For null it returns no events, only the position of the newest one.
     * @throws DomainError `forbidden` unless the caller is the operator.
     */
    async list(
      caller: Caller,
      afterPosition: number | null,
    ): Promise<{ readonly events: readonly LoggedEvent[]; readonly lastPosition: number }> {
      requireOperator(caller);
      if (afterPosition === null) {
        return { events: [], lastPosition: await outboxLog.findLastPosition() };
      }
      const events = await outboxLog.list(afterPosition, PAGE_SIZE);
      return { events, lastPosition: events.at(-1)?.position ?? afterPosition };
    },
    readStreamSlice: createReadStreamSlice(ports),
    resyncUsers: createResyncUsers(ports),
    deadLetters: createDeadLetterUseCases({ deadLetters: deadEvents, kind: 'event', logger }),
  };
}
