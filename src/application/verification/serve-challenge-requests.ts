import type { IdGenerator, Logger } from '../../domain/ports.ts';
import type { Transaction, UnitOfWork } from '../../domain/unit-of-work.ts';
import type { EmailAddress } from '../../domain/user/email-address.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { ChallengeRequest } from '../../domain/verification/challenge.ts';
import type { Limits } from '../limits/limits.ts';
import { addressInUseMail } from './challenge-mails.ts';
import { MAIL_POLICIES, SEND_LIMITS } from './challenge-settings.ts';
import { budgetOf, createIssueChallenge, type IssueChallengeDeps } from './issue-challenge.ts';
import { serveWaiting } from './serve-waiting.ts';

interface Deps extends IssueChallengeDeps {
  readonly unitOfWork: UnitOfWork;
  readonly limits: Pick<Limits, 'allow'>;
  readonly ids: IdGenerator;
  readonly logger: Logger;
}

type Step = Pick<Transaction, 'users' | 'challenges' | 'mail'>;

/**
 * Serves the waiting requests: each gets its challenge and its mail in the transaction that removes the request, so a
 * process that dies neither loses a mail nor sends it twice. A request for an address without an account gets a
 * challenge without a user, and a request beyond the limit of mails gets nothing; no caller can tell.
 */
export function createServeChallengeRequests(deps: Deps) {
  const { unitOfWork, secrets, links } = deps;
  const issue = createIssueChallenge(deps);

  /** @throws the first failure, after the requests behind it were served */
  return (): Promise<void> => serveWaiting(serveNext);

  /** @returns false when no request waits */
  function serveNext(skipped: number): Promise<boolean> {
    return unitOfWork.run({ requestId: deps.ids.next() }, async (transaction) => {
      const request = await transaction.challenges.lockRequest(skipped);
      if (request === null) return false;
      if (await isWithinBudget(transaction, request)) {
        await issue(transaction, request, await findRecipient(transaction, request));
      } else {
        const { purpose } = request;
        deps.logger.warn('did not send a mail: its address got too many', { purpose });
      }
      await transaction.challenges.deleteRequest(request.id);
      return true;
    });
  }

  /** Counts the mail against the budget of its address, and if that is used up, against that of the holder. */
  async function isWithinBudget({ challenges }: Step, request: ChallengeRequest): Promise<boolean> {
    const policy = MAIL_POLICIES[request.purpose];
    for (const budget of new Set([request.email, budgetOf(request)])) {
      if (policy !== undefined && !(await deps.limits.allow(policy, budget))) continue;
      if (await challenges.countSend(secrets.addressKey(budget), SEND_LIMITS)) return true;
    }
    return false;
  }

  /** The user whom the request is for; null when there is none, or nothing is to be proven. */
  async function findRecipient(
    transaction: Step,
    request: ChallengeRequest,
  ): Promise<UserProfile | null> {
    const { purpose, userId, email } = request;
    const holder = await transaction.users.findByEmail(email as EmailAddress);
    if (purpose === 'change') return await findChangingUser(transaction, request, holder);
    if (holder === null || holder.status !== 'active') return null;
    if (userId !== null && holder.id !== userId) return null;
    return purpose === 'verify' && holder.emailVerified ? null : holder;
  }

  async function findChangingUser(
    transaction: Step,
    { userId, email }: ChallengeRequest,
    holder: UserProfile | null,
  ): Promise<UserProfile | null> {
    if (userId === null) return null;
    if (holder !== null) {
      if (holder.id !== userId && holder.status === 'active') {
        await transaction.mail.enqueue([addressInUseMail(holder, links.resetPage)]);
      }
      return null;
    }
    if (await transaction.challenges.isReserved(email, userId)) return null;
    const user = await transaction.users.findById(userId);
    return user?.status === 'active' ? user : null;
  }
}
