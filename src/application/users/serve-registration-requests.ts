import { DomainError } from '../../domain/errors.ts';
import type { IdGenerator, Logger } from '../../domain/ports.ts';
import type { Transaction, UnitOfWork } from '../../domain/unit-of-work.ts';
import type { EmailAddress } from '../../domain/user/email-address.ts';
import type { RegistrationRequest } from '../../domain/user/registration-request.ts';
import { User, type UserProfile } from '../../domain/user/user.ts';
import { addressInUseMail } from '../verification/challenge-mails.ts';
import { SEND_LIMITS } from '../verification/challenge-settings.ts';
import { createIssueChallenge, type IssueChallengeDeps } from '../verification/issue-challenge.ts';
import { serveWaiting } from '../verification/serve-waiting.ts';

interface Deps extends IssueChallengeDeps {
  readonly unitOfWork: UnitOfWork;
  readonly ids: IdGenerator;
  readonly logger: Logger;
}

/**
 * Carries out the waiting registrations, each in the transaction that removes it: a free address gets an account and a
 * mail that verifies it, the owner of a taken one gets a mail that says so. A process that dies neither loses a
 * registration nor carries it out twice. Beyond the limit of mails to its address a registration is dropped: an account
 * must not come into being without a mail to the owner of its address.
 */
export function createServeRegistrationRequests(deps: Deps) {
  const { unitOfWork, ids, secrets, links } = deps;
  const issue = createIssueChallenge(deps);

  /** @throws the first failure, after the registrations behind it were served */
  return (): Promise<void> => serveWaiting(serveNext);

  /** @returns false when no registration waits */
  function serveNext(skipped: number): Promise<boolean> {
    return unitOfWork.run({ requestId: ids.next() }, async (transaction) => {
      const { challenges, registrationRequests } = transaction;
      const request = await registrationRequests.lockNext(skipped);
      if (request === null) return false;
      const { id, email } = request;
      if (await challenges.countSend(secrets.addressKey(email), SEND_LIMITS)) {
        const user = await create(transaction, request);
        // The challenge of a taken address has no user: its codes are counted and refused like all others.
        const challenge = { id, purpose: 'verify', userId: null, email, byHolder: true } as const;
        await issue(transaction, challenge, user);
        if (user === null) await tellHolder(transaction, email);
      } else {
        deps.logger.warn('dropped a registration: its address got too many mails', {
          challenge_id: id,
        });
      }
      await registrationRequests.delete(id);
      return true;
    });
  }

  /** @returns null when the address is taken, or reserved for an undo */
  async function create(
    { users, challenges, outbox }: Transaction,
    { id: _challengeId, ...registration }: RegistrationRequest,
  ): Promise<UserProfile | null> {
    const user = User.register({ id: ids.next(), ...registration }, deps.clock.now());
    try {
      await users.insert(user);
    } catch (error) {
      if (error instanceof DomainError && error.code === 'email_taken') return null;
      throw error;
    }
    // After the insert, which waits for a change of the same address: its undo is visible from then on.
    if (await challenges.isReserved(user.state.email, user.id)) {
      await users.delete(user.id);
      return null;
    }
    await outbox.append(user.takeEvents());
    return user.profile;
  }

  async function tellHolder(
    { users, challenges, mail }: Transaction,
    email: EmailAddress,
  ): Promise<void> {
    const holder = await users.findByEmail(email);
    if (holder === null) return;
    // Two people now claim an unproven address: the first proof of it no longer says whose password is right.
    if (!holder.emailVerified) await challenges.disownVerifications(holder.id);
    if (holder.status === 'active') {
      await mail.enqueue([addressInUseMail(holder, links.resetPage)]);
    }
  }
}
