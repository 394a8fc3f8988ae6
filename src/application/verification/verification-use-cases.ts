import { validateFields } from '../../domain/errors.ts';
import type { DeviceTokens } from '../../domain/lockout/sign-in-failures.ts';
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
import {
  type ChallengeSettings,
  DEVICE_REQUEST_POLICIES,
  REQUEST_POLICIES,
} from './challenge-settings.ts';
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
  readonly deviceTokens: DeviceTokens;
  readonly hasher: PasswordHasher;
  readonly passwordRules: PasswordRules;
  readonly profileRules: ProfileRules;
  readonly clock: Clock;
  /** Clears what was counted against sign-ins of a user, in the transaction of a reset. */
  readonly clearFailures?: (transaction: Transaction, userId: string) => Promise<void>;
}

/** Whose mail is requested. */
export interface MailRequest {
  readonly email: string;
  /** What an earlier sign-in with this address returned; any other text counts as none. */
  readonly deviceToken?: string;
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
    async requestVerification(caller: Caller, input: MailRequest): Promise<RequestedChallenge> {
      const { email, isKnownDevice } = await admit(caller, input);
      const userId = await holderOf(caller, email);
      const byHolder = isKnownDevice || userId !== null;
      return store(caller, { purpose: 'verify', userId, email, byHolder });
    },
    /**
     * Requests a mail with which its reader can set another password. The answer is the same whether an account has the
     * address.
     * @throws DomainError `rate_limited`, `validation_failed`, `overloaded`
     */
    async requestReset(caller: Caller, input: MailRequest): Promise<RequestedChallenge> {
      const { email, isKnownDevice } = await admit(caller, input);
      return store(caller, { purpose: 'reset', userId: null, email, byHolder: isKnownDevice });
    },
    confirmVerification: createConfirmVerification({ ...ports, prove, requests }),
    confirmReset: createConfirmReset({ ...ports, prove }),
    requestEmailChange: change.request,
    confirmEmailChange: change.confirm,
    undoEmailChange: change.undo,
  };

  /** Counts the request for its client only: the budget of the address is that of its mails, and never told. */
  async function admit(caller: Caller, input: MailRequest) {
    const { email } = validateFields({
      email: () => parseEmailAddress(input.email, ports.profileRules.email),
    });
    const isKnownDevice = ports.deviceTokens.read(input.deviceToken ?? '', email) !== null;
    await ports.limits.check(caller, isKnownDevice ? DEVICE_REQUEST_POLICIES : REQUEST_POLICIES);
    return { email, isKnownDevice };
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
