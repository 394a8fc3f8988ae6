import type { IdGenerator } from '../../domain/ports.ts';
import { overloaded } from '../../domain/rejections.ts';
import type { Transaction } from '../../domain/unit-of-work.ts';
import type { RegistrationRequest } from '../../domain/user/registration-request.ts';
import type { RequestedChallenge } from '../verification/challenge-requests.ts';
import type { ChallengeSettings } from '../verification/challenge-settings.ts';

/** Registrations that wait for the background task, over all instances. */
const MAX_WAITING_REGISTRATIONS = 10_000;
const RETRY_AFTER_SECONDS = 5;

interface Deps {
  readonly ids: IdGenerator;
  readonly challengeSettings: Pick<ChallengeSettings, 'codeTtlMs' | 'linkTtlMs'>;
}

export type RegistrationRequests = ReturnType<typeof createRegistrationRequests>;

/** Stores registrations. A background task carries them out, so a request does the same for every address. */
export function createRegistrationRequests({ ids, challengeSettings: settings }: Deps) {
  let listener: () => void = () => {};
  return {
    /** @throws DomainError `overloaded` when too many registrations wait */
    async add(
      { registrationRequests }: Pick<Transaction, 'registrationRequests'>,
      registration: Omit<RegistrationRequest, 'id'>,
    ): Promise<RequestedChallenge> {
      const id = ids.next();
      const limits = { ttlMs: settings.linkTtlMs, maxWaiting: MAX_WAITING_REGISTRATIONS };
      if (!(await registrationRequests.add({ id, ...registration }, limits))) {
        const message = 'Too many registrations wait. Nothing was changed. Try again.';
        throw overloaded(message, RETRY_AFTER_SECONDS);
      }
      return { challengeId: id, expiresInSeconds: Math.floor(settings.codeTtlMs / 1000) };
    },
    /** To be called after the commit: the background task of this process begins at once. */
    announce(): void {
      listener();
    },
    onAnnounced(onAnnounced: () => void): void {
      listener = onAnnounced;
    },
  };
}
