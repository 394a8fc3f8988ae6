import type { Clock } from '../../domain/ports.ts';
import type { Transaction } from '../../domain/unit-of-work.ts';
import type { UserProfile } from '../../domain/user/user.ts';
import type { ChallengeRequest } from '../../domain/verification/challenge.ts';
import type { ChallengeSecrets } from '../../domain/verification/challenge-secrets.ts';
import { challengeMail } from './challenge-mails.ts';
import type { AccountLinks, ChallengeSettings } from './challenge-settings.ts';

export interface IssueChallengeDeps {
  readonly secrets: ChallengeSecrets;
  readonly settings: ChallengeSettings;
  readonly links: AccountLinks;
  readonly clock: Clock;
}

const MS_PER_MINUTE = 60_000;

/**
 * Stores the challenge of a request, and queues its mail in the same transaction. Without a user nothing is mailed: the
 * challenge makes a wrong code cost the same as for an account.
 */
export function createIssueChallenge({ secrets, settings, links, clock }: IssueChallengeDeps) {
  return async (
    transaction: Pick<Transaction, 'challenges' | 'mail'>,
    request: ChallengeRequest,
    user: UserProfile | null,
  ): Promise<void> => {
    const { id, purpose, email, byHolder } = request;
    const { token, tokenHash, code, codeHmac } = secrets.create(id);
    const ttlMs = purpose === 'reset' ? settings.resetTtlMs : settings.linkTtlMs;
    const codeTtlMs = purpose === 'reset' ? settings.resetTtlMs : settings.codeTtlMs;
    // A change is guessed at by a signed-in user, everything else by those who know an address.
    const subject = purpose === 'change' ? (request.userId ?? email) : budgetOf(request);
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
    const mail = challengeMail(purpose, user, email, {
      ...{ code, url },
      expiresInMinutes: Math.floor(codeTtlMs / MS_PER_MINUTE),
      codeExpiresAt: new Date(clock.now().getTime() + codeTtlMs),
      linkExpiresInMinutes: Math.floor(ttlMs / MS_PER_MINUTE),
    });
    await transaction.mail.enqueue([mail]);
  };
}

/** Names the counters of a request. Those of the holder are out of reach of those who only know the address. */
export function budgetOf({ purpose, email, byHolder }: ChallengeRequest): string {
  // The new address of a change is not proven, so its mails have no budget of their own.
  return byHolder && purpose !== 'change' ? `${email} holder` : email;
}
