import type { IdGenerator } from '../../domain/ports.ts';
import { overloaded } from '../../domain/rejections.ts';
import type { Transaction } from '../../domain/unit-of-work.ts';
import type { ChallengeRequest } from '../../domain/verification/challenge.ts';
import { type ChallengeSettings, MAX_WAITING_REQUESTS } from './challenge-settings.ts';

/** What the caller of a request learns. It is the same for every address. */
export interface RequestedChallenge {
  readonly challengeId: string;
  /** Lifetime of the code, in whole seconds. */
  readonly expiresInSeconds: number;
}

interface Deps {
  readonly ids: IdGenerator;
  readonly settings: ChallengeSettings;
}

const RETRY_AFTER_SECONDS = 5;

export type ChallengeRequests = ReturnType<typeof createChallengeRequests>;

/** Stores requests for challenges. A background task serves them, so a request does the same for every address. */
export function createChallengeRequests({ ids, settings }: Deps) {
  let listener: () => void = () => {};
  const lifetimeOf = ({ purpose }: Pick<ChallengeRequest, 'purpose'>): number =>
    purpose === 'reset' ? settings.resetTtlMs : settings.codeTtlMs;

  return {
    /** Stores a request for a caller who waits. @throws DomainError `overloaded` when too many requests wait */
    async add(
      { challenges }: Pick<Transaction, 'challenges'>,
      request: Omit<ChallengeRequest, 'id'>,
    ): Promise<RequestedChallenge> {
      const id = ids.next();
      const ttlMs = lifetimeOf(request);
      const limits = { ttlMs, maxWaiting: MAX_WAITING_REQUESTS };
      if (!(await challenges.request({ id, ...request }, limits))) {
        const message = 'Too many mails wait to be sent. Nothing was changed. Try again.';
        throw overloaded(message, RETRY_AFTER_SECONDS);
      }
      return { challengeId: id, expiresInSeconds: Math.floor(ttlMs / 1000) };
    },
    /** Stores a request that goes with another change, which does not fail when too many requests wait. */
    async addIfPossible(
      { challenges }: Pick<Transaction, 'challenges'>,
      request: Omit<ChallengeRequest, 'id'>,
    ): Promise<void> {
      const limits = { ttlMs: settings.linkTtlMs, maxWaiting: MAX_WAITING_REQUESTS };
      await challenges.request({ id: ids.next(), ...request }, limits);
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
