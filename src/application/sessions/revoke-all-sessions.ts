import { type ActNote, ALL_USERS, parseReason } from '../../domain/administrative-acts.ts';
import { validateFields } from '../../domain/errors.ts';
import type { Logger } from '../../domain/ports.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { Caller } from '../access/caller.ts';
import { finishInAnyCase } from '../access/finish-in-any-case.ts';
import { requireScope } from '../access/policy.ts';
import { recordAct } from '../administrative-acts.ts';

interface Deps {
  readonly unitOfWork: UnitOfWork;
  readonly logger: Logger;
}

/**
 * Ends the sessions of all users: for a leak whose extent is unknown. One row makes them void in the moment of its commit,
 * however many there are. A background task deletes them afterwards, with their events. Users sign in again.
 * @returns the second in which and before which issued tokens are void, since the epoch
 * @throws DomainError `validation_failed`, `forbidden`
 */
export function createRevokeAllSessions({ unitOfWork, logger }: Deps) {
  return async (
    caller: Caller,
    input: Pick<ActNote, 'operator'> & { readonly reason: string },
  ): Promise<{ readonly notBefore: number }> => {
    requireScope(caller, 'users:admin');
    const { operator } = input;
    const { reason } = validateFields({ reason: () => parseReason(input.reason) });
    const notBefore = await unitOfWork.run(finishInAnyCase(caller), async (transaction) => {
      await recordAct(caller, transaction, 'revoke_all_sessions', ALL_USERS, { operator, reason });
      // Last, so that the commit follows at once: a token that is issued until then counts as void for a second only.
      return await transaction.sessionEnding.revokeAll();
    });
    logger.warn('all sessions were revoked', {
      request_id: caller.requestId,
      client_ip: caller.ip,
      not_before: notBefore,
    });
    return { notBefore };
  };
}
