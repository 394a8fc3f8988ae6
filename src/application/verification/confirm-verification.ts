import type { Clock } from '../../domain/ports.ts';
import { challengeInvalid } from '../../domain/rejections.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import type { ChallengeProof } from '../../domain/verification/challenge.ts';
import type { Caller } from '../access/caller.ts';
import { finishInAnyCase } from '../access/finish-in-any-case.ts';
import type { ChallengeRequests } from './challenge-requests.ts';
import { consumeChallenge, type ProveChallenge, REPLACED_BY_PROOF } from './prove-challenge.ts';

interface Deps {
  readonly prove: ProveChallenge;
  readonly requests: ChallengeRequests;
  readonly unitOfWork: UnitOfWork;
  readonly clock: Clock;
}

/**
 * Marks the address of an account as verified. The credentials stay when the challenge was requested by the person who
 * holds them (at registration, with the password or in a session), or when the caller is signed in to this account. Any
 * other first proof of an address takes them away: someone else may have registered with it. The owner of the address
 * then gets a mail to choose a password.
 * @throws DomainError `challenge_invalid`, `version_exhausted`
 */
export function createConfirmVerification({ prove, requests, unitOfWork, clock }: Deps) {
  return async (caller: Caller, proof: ChallengeProof): Promise<void> => {
    const challenge = await prove('verify', proof);
    const { principal } = caller;
    const isHolder =
      challenge.byHolder || (principal.kind === 'user' && principal.userId === challenge.userId);
    await unitOfWork.run(finishInAnyCase(caller), async (transaction) => {
      const user = await consumeChallenge(transaction, challenge);
      const { email, emailVerified } = user.state;
      if (email !== challenge.email) throw challengeInvalid();
      if (emailVerified) return;
      user.verifyEmail({ removePassword: !isHolder }, clock.now());
      await transaction.users.updateAccess(user);
      await transaction.outbox.append(user.takeEvents());
      if (isHolder) {
        await transaction.challenges.deleteLive(user.id, ['verify']);
        return;
      }
      await transaction.challenges.deleteLive(user.id, REPLACED_BY_PROOF);
      await transaction.sessionEnding.end(user, { all: true }, 'password_changed');
      const request = { purpose: 'reset', userId: user.id, email, byHolder: true } as const;
      await requests.addIfPossible(transaction, request);
    });
    requests.announce();
  };
}
