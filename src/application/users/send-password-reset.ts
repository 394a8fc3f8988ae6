import { type ActNote, parseReason } from '../../domain/administrative-acts.ts';
import { validateFields } from '../../domain/errors.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { Caller } from '../access/caller.ts';
import { lockUserFor } from '../access/lock-user.ts';
import { requireScope } from '../access/policy.ts';
import { recordAct } from '../administrative-acts.ts';
import type { ChallengeRequests } from '../verification/challenge-requests.ts';

interface Deps {
  readonly unitOfWork: UnitOfWork;
  readonly challengeRequests: ChallengeRequests;
}

/**
 * Sends the mail of a password reset to the address of a user. The operator never learns the link or the code (OWASP
 * ASVS 6.4.6). The limits of mails to one address hold here, too.
 * @throws DomainError `validation_failed`, `user_not_found`, `forbidden`, `overloaded`
 */
export function createSendPasswordReset({ unitOfWork, challengeRequests }: Deps) {
  return async (
    caller: Caller,
    id: string,
    input: Pick<ActNote, 'operator'> & { readonly reason: string },
  ): Promise<void> => {
    requireScope(caller, 'users:admin');
    const { operator } = input;
    const { reason } = validateFields({ reason: () => parseReason(input.reason) });
    await unitOfWork.run(caller, async (transaction) => {
      const { profile } = await lockUserFor(caller, transaction, id);
      const request = { purpose: 'reset', userId: id, email: profile.email } as const;
      await challengeRequests.add(transaction, { ...request, byHolder: true });
      await recordAct(caller, transaction, 'send_password_reset', id, { operator, reason });
    });
    challengeRequests.announce();
  };
}
