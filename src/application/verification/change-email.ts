import { InvalidValue, validateFields } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import { emailTaken } from '../../domain/rejections.ts';
import type { UnitOfWork } from '../../domain/unit-of-work.ts';
import { type EmailAddress, parseEmailAddress } from '../../domain/user/email-address.ts';
import type { ProfileRules } from '../../domain/user/profile-rules.ts';
import type { ChallengeProof } from '../../domain/verification/challenge.ts';
import type { Caller } from '../access/caller.ts';
import { lockUserFor } from '../access/lock-user.ts';
import { requireUser } from '../access/policy.ts';
import type { Limits } from '../limits/limits.ts';
import { emailChangedMails } from '../users/account-mails.ts';
import type { Reauthenticate } from '../users/reauthenticate.ts';
import type { AnnounceEmailChange } from './announce-email-change.ts';
import type { ChallengeRequests, RequestedChallenge } from './challenge-requests.ts';
import { REQUEST_POLICIES } from './challenge-settings.ts';
import { consumeChallenge, type ProveChallenge, REPLACED_BY_PROOF } from './prove-challenge.ts';

interface Deps {
  readonly prove: ProveChallenge;
  readonly requests: ChallengeRequests;
  readonly announceEmailChange: AnnounceEmailChange;
  readonly reauthenticate: Reauthenticate;
  readonly limits: Pick<Limits, 'check'>;
  readonly unitOfWork: UnitOfWork;
  readonly profileRules: Pick<ProfileRules, 'email'>;
  readonly clock: Clock;
}

export interface EmailChangeInput {
  readonly email: string;
  readonly currentPassword: string | undefined;
}

/** Change of address in two steps: the old address stays in force until the new one is proven. */
export function createChangeEmail(deps: Deps) {
  const { prove, requests, unitOfWork, clock } = deps;
  return {
    /**
     * Requests a mail to the new address. A free and a taken address get the same answer; the owner of a taken one is
     * told by mail.
     * @throws DomainError `rate_limited`, `validation_failed`, `user_not_found`, `overloaded`
     */
    async request(caller: Caller, input: EmailChangeInput): Promise<RequestedChallenge> {
      const { userId } = requireUser(caller);
      await deps.limits.check(caller, REQUEST_POLICIES);
      const { email } = validateFields({
        email: () => parseEmailAddress(input.email, deps.profileRules.email),
      });
      const reauthentication = await deps.reauthenticate(caller, userId, input.currentPassword);
      const requested = await unitOfWork.run(caller, async (transaction) => {
        const user = await lockUserFor(caller, transaction, userId);
        await reauthentication.assertStillTrue(user, transaction);
        validateFields({ email: () => refuseSame(email, user.state.email) });
        const request = { purpose: 'change', userId, email, byHolder: true } as const;
        return await requests.add(transaction, request);
      });
      requests.announce();
      return requested;
    },

    /**
     * Moves the account to the proven address.
     * @throws DomainError `challenge_invalid`, `email_taken`, `version_exhausted`
     */
    async confirm(caller: Caller, proof: ChallengeProof): Promise<void> {
      const challenge = await prove('change', proof);
      const email = challenge.email as EmailAddress;
      await unitOfWork.run(caller, async (transaction) => {
        const user = await consumeChallenge(transaction, challenge);
        const former = user.state;
        if (former.email === email) return;
        user.moveToProvenEmail(email, clock.now());
        await transaction.users.updateAccess(user);
        if (await transaction.challenges.isReserved(email, user.id)) throw emailTaken();
        await transaction.outbox.append(user.takeEvents());
        await transaction.challenges.deleteLive(user.id, REPLACED_BY_PROOF);
        await deps.announceEmailChange(transaction, user, former);
      });
    },

    /**
     * Restores the first verified address that the user had within the time for it, ends all sessions and takes the password
     * away: the person who changed the address knew it. The restored address gets a mail to choose another one.
     * @throws DomainError `challenge_invalid`, `email_taken`, `version_exhausted`
     */
    async undo(caller: Caller, token: string): Promise<void> {
      const challenge = await prove('undo', { token });
      await unitOfWork.run(caller, async (transaction) => {
        const { challenges } = transaction;
        // The first address is read after the lock of the user, and before its challenge is consumed.
        const locked = await transaction.users.lockById(challenge.userId);
        const first = locked === null ? null : await challenges.findFirstFormerAddress(locked.id);
        const user = await consumeChallenge(transaction, challenge);
        const restored = (first ?? challenge.email) as EmailAddress;
        const changed = user.state.email;
        user.restoreEmail(restored, clock.now());
        await transaction.users.updateAccess(user);
        await transaction.outbox.append(user.takeEvents());
        await challenges.deleteLive(user.id, ['undo', ...REPLACED_BY_PROOF]);
        await transaction.sessionEnding.end(user, { all: true }, 'password_changed');
        await transaction.mail.enqueue(emailChangedMails(user.profile, changed, null));
        const request = { purpose: 'reset', userId: user.id, email: restored } as const;
        await requests.addIfPossible(transaction, { ...request, byHolder: true });
      });
      requests.announce();
    },
  };
}

function refuseSame(email: EmailAddress, current: string): void {
  if (email !== current) return;
  throw new InvalidValue('email_unchanged', 'Is the address of this account already.');
}
