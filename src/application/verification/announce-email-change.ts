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
 * Tells the former and the new address of a changed user about the change, in its transaction. The mail to a verified
 * former address has a link that takes the change back, also one by an operator; until it expires, the address stays
 * reserved. An address that was never verified may be that of a stranger: it gets no link, and it is free at once.
 */
export function createAnnounceEmailChange(deps: Deps) {
  const { secrets, settings, links } = deps;
  return async (
    { challenges, mail }: Pick<Transaction, 'challenges' | 'mail'>,
    user: User,
    former: { readonly email: string; readonly emailVerified: boolean },
  ): Promise<void> => {
    const undoUrl = former.emailVerified ? await createUndo(challenges, user, former.email) : null;
    await mail.enqueue(emailChangedMails(user.profile, former.email, undoUrl));
  };

  /** @returns the link */
  async function createUndo(
    challenges: Transaction['challenges'],
    user: User,
    email: string,
  ): Promise<string> {
    const id = deps.ids.next();
    const { token, tokenHash } = secrets.create(id);
    const challenge = {
      ...{ id, purpose: 'undo' as const, userId: user.id, email, byHolder: false },
      ...{ tokenHash, codeHmac: null, codeTtlMs: null },
      guessKey: secrets.guessKey('undo', user.id),
      ttlMs: settings.undoWindowMs,
    };
    await challenges.insert(challenge, MAX_LIVE_UNDOS);
    return links.undo(token, { challengeId: null, locale: user.profile.locale });
  }
}
