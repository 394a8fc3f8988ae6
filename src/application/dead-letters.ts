import type { DeadLetters } from '../domain/dead-letters.ts';
import type { Logger } from '../domain/ports.ts';
import type { Caller } from './access/caller.ts';
import { requireOperator } from './access/policy.ts';

interface Deps<Item> {
  readonly deadLetters: DeadLetters<Item>;
  /** A field of the log lines. */
  readonly kind: 'event' | 'mail' | 'webhook_delivery';
  readonly logger: Logger;
}

/** What an operator does with dead letters. Every method throws DomainError `forbidden` for other callers. */
export interface DeadLetterUseCases<Item> {
  /** The oldest first, at most a thousand. */
  list(caller: Caller): Promise<readonly Item[]>;
  /** Tries one item again, or all of them for null. @returns how many. */
  requeue(caller: Caller, id: string | null): Promise<number>;
  /** @returns false when no dead letter has this id. */
  drop(caller: Caller, id: string): Promise<boolean>;
}

const MAX_LISTED = 1_000;

export function createDeadLetterUseCases<Item>(deps: Deps<Item>): DeadLetterUseCases<Item> {
  const { deadLetters, kind, logger } = deps;
  return {
    async list(caller) {
      requireOperator(caller);
      return await deadLetters.list(MAX_LISTED);
    },
    async requeue(caller, id) {
      requireOperator(caller);
      const count = await deadLetters.requeue(id);
      logger.info('requeued dead letters', { request_id: caller.requestId, kind, count });
      return count;
    },
    async drop(caller, id) {
      requireOperator(caller);
      const dropped = await deadLetters.drop(id);
      if (dropped) {
        const fields = { request_id: caller.requestId, kind, [`${kind}_id`]: id };
        logger.warn('dropped a dead letter', fields);
      }
      return dropped;
    },
  };
}
