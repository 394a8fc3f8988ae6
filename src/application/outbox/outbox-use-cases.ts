import type { DeadLetters } from '../../domain/dead-letters.ts';
import type { DeadEvent, LoggedEvent, OutboxLog } from '../../domain/outbox/outbox-queue.ts';
import type { Logger } from '../../domain/ports.ts';
import type { Caller } from '../access/caller.ts';
import { requireOperator } from '../access/policy.ts';
import { createDeadLetterUseCases } from '../dead-letters.ts';

interface Deps {
  readonly outboxLog: Pick<OutboxLog, 'findLastPosition' | 'list'>;
  readonly deadEvents: DeadLetters<DeadEvent>;
  readonly logger: Logger;
}

const PAGE_SIZE = 500;

export function createOutboxUseCases({ outboxLog, deadEvents, logger }: Deps) {
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
    deadLetters: createDeadLetterUseCases({ deadLetters: deadEvents, kind: 'event', logger }),
  };
}
