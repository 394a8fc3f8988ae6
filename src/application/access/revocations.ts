import type { SessionRepository } from '../../domain/session/session-repository.ts';

interface Deps {
  readonly sessions: Pick<SessionRepository, 'listRevoked'>;
  /** Monotonic milliseconds: a step of the wall clock must not make an old view look fresh. */
  readonly monotonicMs: () => number;
  /** Whether other processes can end sessions. If not, there is nothing to poll. */
  readonly shared: boolean;
  /** How long a revocation can matter: the longest life of an access token, in milliseconds. */
  readonly rememberMs: number;
  /** Called when a poll may have missed revocations. Caches of verified tokens must be cleared. */
  readonly onGap: () => void;
}

/** How far back each poll reads. Commits are not ordered by their times, so polls overlap. */
const REVOCATION_WINDOW_MS = 30_000;
/** Age beyond which the known revocations of other instances are stale. */
export const REVOCATION_MAX_AGE_MS = 1_000;
/** Most ids that one poll returns; a full result may have left some out. */
const POLL_LIMIT = 50_000;
/** Most revocations in memory. Beyond it the oldest is dropped and `onGap` is called. */
const MAX_REMEMBERED = 200_000;

export type Revocations = ReturnType<typeof createRevocations>;

/**
 * Keeps the sessions that ended, so that a verified token can be rejected without a database query. Revocations of this
 * instance are added after their commit; `poll` reads those of other instances.
 *
 * States: fresh, while the last successful poll began less than a second ago; stale otherwise. While it is stale, check
 * the session in the database instead of relying on `isRevoked`.
 */
export function createRevocations(deps: Deps) {
  /** Session id to the monotonic time at which it expires; in order of insertion. */
  const revoked = new Map<string, number>();
  let goodPollBeganAt: number | null = null;

  return {
    /** Whether `isRevoked` knows the recent revocations of all instances. */
    isFresh(): boolean {
      if (!deps.shared) return true;
      return (
        goodPollBeganAt !== null && deps.monotonicMs() - goodPollBeganAt <= REVOCATION_MAX_AGE_MS
      );
    },

    isRevoked(sessionId: string): boolean {
      return revoked.has(sessionId);
    },

    add(sessionIds: readonly string[]): void {
      const now = deps.monotonicMs();
      for (const id of sessionIds) {
        // Deleted first, so that the order of insertion stays the order of expiry.
        revoked.delete(id);
        revoked.set(id, now + deps.rememberMs);
      }
      dropExpired(now);
    },

    /**
     * Reads the revocations of the last half minute.
     * @throws DomainError `unavailable`; without a successful poll the revocations become stale.
     */
    async poll(): Promise<void> {
      const beganAt = deps.monotonicMs();
      const ids = await deps.sessions.listRevoked(REVOCATION_WINDOW_MS);
      const unseenMs =
        goodPollBeganAt === null ? Number.POSITIVE_INFINITY : beganAt - goodPollBeganAt;
      if (unseenMs > REVOCATION_WINDOW_MS / 2 || ids.length >= POLL_LIMIT) deps.onGap();
      this.add(ids);
      goodPollBeganAt = beganAt;
    },
  };

  function dropExpired(now: number): void {
    for (const [id, until] of revoked) {
      if (until > now && revoked.size <= MAX_REMEMBERED) return;
      if (until > now) deps.onGap();
      revoked.delete(id);
    }
  }
}
