import type { IdGenerator, Logger } from '../../domain/ports.ts';
import type { Transaction, UnitOfWork } from '../../domain/unit-of-work.ts';
import type { EmailAddress } from '../../domain/user/email-address.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { ChallengeRequest } from '../../domain/verification/challenge.ts';
import type { ChallengeStore } from '../../domain/verification/challenge-repository.ts';
import type { Limits } from '../limits/limits.ts';
import { addressInUseMail } from './challenge-mails.ts';
import { MAIL_POLICIES, SEND_LIMITS } from './challenge-settings.ts';
import { budgetOf, createIssueChallenge, type IssueChallengeDeps } from './issue-challenge.ts';
import { serveWaiting } from './serve-waiting.ts';

interface Deps extends IssueChallengeDeps {
  readonly unitOfWork: UnitOfWork;
  readonly challengeStore: Pick<ChallengeStore, 'findRequest' | 'canSend'>;
  readonly limits: Pick<Limits, 'allow'>;
  readonly ids: IdGenerator;
  readonly logger: Logger;
}

type Step = Pick<Transaction, 'users' | 'challenges' | 'mail'>;

/**
 * Serves the waiting requests: each gets its challenge and its mail in the transaction that removes the request, so a
 * process that dies neither loses a mail nor sends it twice. A request for an address without an account gets a
 * challenge without a user, and a request beyond the limit of mails gets nothing; no caller can tell.
 *
 * The limits are asked before the transaction, which must not wait for Redis. When two processes find the same request
 * at the same time, both count its mail: the limit is stricter then, never looser.
 */
export function createServeChallengeRequests(deps: Deps) {
  const { unitOfWork, challengeStore, secrets, links } = deps;
  const issue = createIssueChallenge(deps);

  /** @throws the first failure, after the requests behind it were served */
  return (): Promise<void> => serveWaiting(serveNext);

  /** @returns false when no request waits */
  async function serveNext(skipped: number): Promise<boolean> {
    const request = await challengeStore.findRequest(skipped);
    if (request === null) return false;
    const addressKey = await findBudget(request);
    await unitOfWork.run({ requestId: deps.ids.next() }, async (transaction) => {
      const { challenges } = transaction;
      if (!(await challenges.lockRequest(request.id))) return;
      if (addressKey === null) {
        const { purpose } = request;
        deps.logger.warn('did not send a mail: its address got too many', { purpose });
      } else {
        // Another mail took the last place meanwhile: the next round finds the request again.
        if (!(await challenges.countSend(addressKey, SEND_LIMITS))) return;
        await issue(transaction, request, await findRecipient(transaction, request));
      }
      await challenges.deleteRequest(request.id);
    });
    return true;
  }

  /**
   * Counts the mail by the policy of its purpose, for its address, and if that got too many mails, for the holder.
   * @returns the counter of mails that has room; null when none has
   */
  async function findBudget(request: ChallengeRequest): Promise<Uint8Array | null> {
    const policy = MAIL_POLICIES[request.purpose];
    for (const budget of new Set([request.email, budgetOf(request)])) {
      const addressKey = secrets.addressKey(budget);
      // First, so that a mail that is not sent does not count.
      if (!(await challengeStore.canSend(addressKey, SEND_LIMITS))) continue;
      if (policy === undefined || (await deps.limits.allow(policy, budget))) return addressKey;
    }
    return null;
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
