import type { FailedMail, MailAdministration } from '../../domain/mail.ts';
import type { Logger } from '../../domain/ports.ts';
import type { Caller } from '../access/caller.ts';
import { requireOperator } from '../access/policy.ts';

interface Deps {
  readonly administration: MailAdministration;
  readonly logger: Logger;
}

const MAX_FAILED = 1_000;

/** Every method throws DomainError `forbidden` for anybody but the operator. */
export function createMailUseCases({ administration, logger }: Deps) {
  return {
    /** The oldest first, at most a thousand. */
    async listFailed(caller: Caller): Promise<readonly FailedMail[]> {
      requireOperator(caller);
      return await administration.listFailed(MAX_FAILED);
    },

    /** One mail, or all for null. @returns how many are tried again. */
    async requeueFailed(caller: Caller, id: string | null): Promise<number> {
      requireOperator(caller);
      const count = await administration.requeueFailed(id);
      logger.info('given-up mails are tried again', { request_id: caller.requestId, count });
      return count;
    },

    /** @returns false when it is not given up. */
    async dropFailed(caller: Caller, id: string): Promise<boolean> {
      requireOperator(caller);
      const dropped = await administration.dropFailed(id);
      if (dropped) {
        logger.warn('a given-up mail was dropped', { request_id: caller.requestId, mail_id: id });
      }
      return dropped;
    },
  };
}
