import { validateFields } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports.ts';
import type { Transaction, UnitOfWork } from '../../domain/unit-of-work.ts';
import { type EmailAddress, parseEmailAddress } from '../../domain/user/email-address.ts';
import type { PasswordHasher } from '../../domain/user/password-hasher.ts';
import type { ProfileRules } from '../../domain/user/profile-rules.ts';
import type { UserRepository } from '../../domain/user/user-repository.ts';
import type { ChallengeStore } from '../../domain/verification/challenge-repository.ts';
import type { ChallengeSecrets } from '../../domain/verification/challenge-secrets.ts';
import type { Caller } from '../access/caller.ts';
import type { Limits } from '../limits/limits.ts';
import type { PasswordRules } from '../users/password-rules.ts';
import type { Reauthenticate } from '../users/reauthenticate.ts';
import type { AnnounceEmailChange } from './announce-email-change.ts';
import type { ChallengeRequests, RequestedChallenge } from './challenge-requests.ts';
import { type ChallengeSettings, REQUEST_POLICIES } from './challenge-settings.ts';
import { createChangeEmail } from './change-email.ts';
import { createConfirmReset } from './confirm-reset.ts';
import { createConfirmVerification } from './confirm-verification.ts';
import { createProveChallenge } from './prove-challenge.ts';

export interface VerificationPorts {
  readonly users: UserRepository;
  readonly limits: Pick<Limits, 'check'>;
  readonly unitOfWork: UnitOfWork;
  readonly challengeStore: ChallengeStore;
  readonly challengeSecrets: ChallengeSecrets;
  readonly challengeSettings: ChallengeSettings;
  readonly challengeRequests: ChallengeRequests;
  readonly announceEmailChange: AnnounceEmailChange;
  readonly reauthenticate: Reauthenticate;
  readonly hasher: PasswordHasher;
  readonly passwordRules: PasswordRules;
  readonly profileRules: ProfileRules;
  readonly clock: Clock;
  /** Clears what was counted against sign-ins of a user, in the transaction of a reset. */
  readonly clearFailures?: (transaction: Transaction, userId: string) => Promise<void>;
}

export function createVerificationUseCases(ports: VerificationPorts) {
  const { unitOfWork, users, challengeRequests: requests } = ports;
  const prove = createProveChallenge({
    store: ports.challengeStore,
    secrets: ports.challengeSecrets,
    settings: ports.challengeSettings,
  });
  const change = createChangeEmail({
    ...ports,
    ...{ prove, requests },
  });
  return {
    /**
     * Requests a mail that verifies an address. The answer is the same whether an account has it.
     * @throws DomainError `rate_limited`, `validation_failed`, `overloaded`
     */
    async requestVerification(caller: Caller, input: string): Promise<RequestedChallenge> {
      const email = readEmail(input);
      await ports.limits.check(caller, [
        ...REQUEST_POLICIES,
        { policy: 'verification_account', key: email },
      ]);
      const userId = await holderOf(caller, email);
      return store(caller, { purpose: 'verify', userId, email, byHolder: userId !== null });
    },
    /**
     * Requests a mail with which its reader can set another password. The answer is the same whether an account has the
     * address.
     * @throws DomainError `rate_limited`, `validation_failed`, `overloaded`
     */
    async requestReset(caller: Caller, input: string): Promise<RequestedChallenge> {
      const email = readEmail(input);
      await ports.limits.check(caller, [
        ...REQUEST_POLICIES,
        { policy: 'reset_account', key: email },
      ]);
      return store(caller, { purpose: 'reset', userId: null, email, byHolder: false });
    },
    confirmVerification: createConfirmVerification({ ...ports, prove, requests }),
    confirmReset: createConfirmReset({ ...ports, prove }),
    requestEmailChange: change.request,
    confirmEmailChange: change.confirm,
    undoEmailChange: change.undo,
  };

  function readEmail(input: string): EmailAddress {
    return validateFields({ email: () => parseEmailAddress(input, ports.profileRules.email) })
      .email;
  }

  /** The id of the signed-in user whose address it is; null for everyone else. */
  async function holderOf({ principal }: Caller, email: EmailAddress): Promise<string | null> {
    if (principal.kind !== 'user') return null;
    const profile = await users.findById(principal.userId);
    return profile?.email === email ? principal.userId : null;
  }

  async function store(
    caller: Caller,
    request: Parameters<typeof requests.add>[1],
  ): Promise<RequestedChallenge> {
    const requested = await unitOfWork.run(caller, (transaction) =>
      requests.add(transaction, request),
    );
    requests.announce();
    return requested;
  }
}
