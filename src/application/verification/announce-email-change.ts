import type { IdGenerator } from '../../domain/ports.ts';
import type { Transaction } from '../../domain/unit-of-work.ts';
import type { User } from '../../domain/user/user.ts';
import type { ChallengeSecrets } from '../../domain/verification/challenge-secrets.ts';
import { emailChangedMails } from '../users/account-mails.ts';
import { type AccountLinks, type ChallengeSettings, MAX_LIVE_UNDOS } from './challenge-settings.ts';

interface Deps {
  readonly secrets: ChallengeSecrets;
  readonly settings: Pick<ChallengeSettings, 'undoWindowMs'>;
  readonly links: Pick<AccountLinks, 'undo'>;
  readonly ids: IdGenerator;
}

export type AnnounceEmailChange = ReturnType<typeof createAnnounceEmailChange>;

/**
 * Tells the former and the new address of a changed user about the change, in its transaction. The mail to the former
 * address has a link that takes the change back, also one by an operator. Until then the address stays reserved.
 */
export function createAnnounceEmailChange(deps: Deps) {
  const { secrets, settings, links } = deps;
  return async (
    { challenges, mail }: Pick<Transaction, 'challenges' | 'mail'>,
    user: User,
    former: { readonly email: string; readonly emailVerified: boolean },
  ): Promise<void> => {
    const id = deps.ids.next();
    const { token, tokenHash } = secrets.create(id);
    const challenge = {
      ...{ id, purpose: 'undo' as const, userId: user.id, email: former.email, byHolder: false },
      ...{ formerVerified: former.emailVerified, tokenHash, codeHmac: null, codeTtlMs: null },
      guessKey: secrets.guessKey('undo', user.id),
      ttlMs: settings.undoWindowMs,
    };
    await challenges.insert(challenge, MAX_LIVE_UNDOS);
    const undoUrl = links.undo(token, { challengeId: null, locale: user.profile.locale });
    await mail.enqueue(emailChangedMails(user.profile, former.email, undoUrl));
  };
}
