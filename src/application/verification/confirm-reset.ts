import { validateFields } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import { challengeInvalid } from '../../domain/rejections.ts';
import type { Transaction, UnitOfWork } from '../../domain/unit-of-work.ts';
import { PASSWORD_NORMALIZATION_VERSION } from '../../domain/user/password.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { ChallengeProof } from '../../domain/verification/challenge.ts';
import type { Caller } from '../access/caller.ts';
import { finishInAnyCase } from '../access/finish-in-any-case.ts';
import { passwordChangedMail } from '../users/account-mails.ts';
import {
  type PasswordRules,
  readNewPassword,
  refuseBreachedPassword,
} from '../users/password-rules.ts';
import { consumeChallenge, type ProveChallenge, REPLACED_BY_PROOF } from './prove-challenge.ts';

interface Deps {
  readonly prove: ProveChallenge;
  readonly users: Pick<UserRepository, 'findById'>;
  readonly unitOfWork: UnitOfWork;
  readonly hasher: PasswordHasher;
  readonly passwordRules: PasswordRules;
  readonly clock: Clock;
  /** Clears what was counted against sign-ins of this user. */
  readonly clearFailures?: (transaction: Transaction, userId: string) => Promise<void>;
}

/**
 * Sets another password for the owner of an address. All sessions end, all other codes and links go, and the address is
 * verified from then on. It does not sign in.
 * @throws DomainError `challenge_invalid`, `validation_failed`, `overloaded`, `version_exhausted`
 */
export function createConfirmReset(deps: Deps) {
  return async (caller: Caller, proof: ChallengeProof, password: string): Promise<void> => {
    // Before the proof, so that a password that breaks the general rules costs no attempt and tells nothing.
    readPassword(password, { email: '', names: [] });
    const challenge = await deps.prove('reset', proof);
    const profile = await deps.users.findById(challenge.userId);
    if (profile === null || profile.email !== challenge.email) throw challengeInvalid();
    const { email, firstName, lastName } = profile;
    const newPassword = readPassword(password, { email, names: [firstName, lastName] });
    const passwordHash = await deps.hasher.reserve(caller, async (hashing) => {
      await refuseBreachedPassword(deps.passwordRules, 'new_password', newPassword);
      return hashing.hash(newPassword);
    });
    await deps.unitOfWork.run(finishInAnyCase(caller), async (transaction) => {
      const user = await consumeChallenge(transaction, challenge);
      if (user.state.email !== challenge.email) throw challengeInvalid();
      user.resetPassword(passwordHash, PASSWORD_NORMALIZATION_VERSION, deps.clock.now());
      await transaction.users.updateAccess(user);
      await transaction.outbox.append(user.takeEvents());
      await transaction.challenges.deleteLive(user.id, REPLACED_BY_PROOF);
      await transaction.mail.enqueue([passwordChangedMail(user.profile)]);
      await transaction.sessionEnding.end(user, { all: true }, 'password_changed');
      await deps.clearFailures?.(transaction, user.id);
    });
  };

  function readPassword(input: string, owner: Parameters<typeof readNewPassword>[2]) {
    return validateFields({
      newPassword: () => readNewPassword(deps.passwordRules, input, owner),
    }).newPassword;
  }
}
