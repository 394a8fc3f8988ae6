import type { IdGenerator, Logger } from '../../domain/ports.ts';
import type { Transaction, UnitOfWork } from '../../domain/unit-of-work.ts';
import type { EmailAddress } from '../../domain/user/email-address.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { ChallengeRequest } from '../../domain/verification/challenge.ts';
import type { ChallengeSecrets } from '../../domain/verification/challenge-secrets.ts';
import { addressInUseMail, challengeMail } from './challenge-mails.ts';
import { type AccountLinks, type ChallengeSettings, SEND_LIMITS } from './challenge-settings.ts';

interface Deps {
  readonly unitOfWork: UnitOfWork;
  readonly secrets: ChallengeSecrets;
  readonly settings: ChallengeSettings;
  readonly links: AccountLinks;
  readonly ids: IdGenerator;
  readonly logger: Logger;
}

type Step = Pick<Transaction, 'users' | 'challenges' | 'mail'>;

/** Requests that one run serves; the next run follows soon. */
const MAX_PER_RUN = 500;
const MS_PER_MINUTE = 60_000;

/**
 * Serves the waiting requests: each gets its challenge and its mail in the transaction that removes the request, so a
 * process that dies neither loses a mail nor sends it twice. A request for an address without an account gets a
 * challenge without a user, and a request beyond the limit of mails gets nothing; no caller can tell.
 */
export function createServeChallengeRequests(deps: Deps) {
  const { unitOfWork, secrets, settings, links } = deps;

  /** @throws the first failure, after the requests behind it were served */
  return async (): Promise<void> => {
    const failures: unknown[] = [];
    for (let count = 0; count < MAX_PER_RUN; count += 1) {
      try {
        if (!(await serveOne(failures.length))) break;
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };

  /** @returns false when no request waits */
  function serveOne(skipped: number): Promise<boolean> {
    return unitOfWork.run({ requestId: deps.ids.next() }, async (transaction) => {
      const request = await transaction.challenges.lockRequest(skipped);
      if (request === null) return false;
      if (await transaction.challenges.countSend(secrets.addressKey(request.email), SEND_LIMITS)) {
        await issue(transaction, request);
      } else {
        const { purpose } = request;
        deps.logger.warn('did not send a mail: its address got too many', { purpose });
      }
      await transaction.challenges.deleteRequest(request.id);
      return true;
    });
  }

  async function issue(transaction: Step, request: ChallengeRequest): Promise<void> {
    const { id, purpose, email, byHolder } = request;
    const user = await findRecipient(transaction, request);
    const { token, tokenHash, code, codeHmac } = secrets.create(id);
    const ttlMs = purpose === 'reset' ? settings.resetTtlMs : settings.linkTtlMs;
    const codeTtlMs = purpose === 'reset' ? settings.resetTtlMs : settings.codeTtlMs;
    // A change is guessed at by a signed-in user, everything else by those who know an address.
    const subject = purpose === 'change' ? (request.userId ?? email) : email;
    await transaction.challenges.insert(
      {
        ...{ id, purpose, byHolder, tokenHash, codeHmac, codeTtlMs, ttlMs },
        userId: user?.id ?? null,
        email: user === null ? null : email,
        guessKey: secrets.guessKey(purpose, subject),
      },
      settings.live,
    );
    if (user === null) return;
    const url = links[purpose](token, { challengeId: id, locale: user.locale });
    const expiresInMinutes = Math.floor(codeTtlMs / MS_PER_MINUTE);
    const mail = challengeMail(purpose, user, email, { code, url, expiresInMinutes });
    await transaction.mail.enqueue([mail]);
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
