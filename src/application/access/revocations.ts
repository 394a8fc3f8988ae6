import type { SessionRepository } from '../../domain/session/session-repository.ts';

interface Deps {
  readonly sessions: Pick<SessionRepository, 'listRevoked'>;
  /** Monotonic milliseconds: a step of the wall clock must not make an old view look fresh. */
  readonly monotonicMs: () => number;
  /** Whether other processes can end sessions; without them there is nothing to poll. */
  readonly shared: boolean;
  /** How long a revocation can matter: the longest life of an access token, in milliseconds. */
  readonly rememberMs: number;
  /** Called when revocations may have been missed: whoever remembers verified tokens forgets them. */
  readonly onGap: () => void;
}

/** The look-back of each poll. Commits are not ordered by their times, so each poll reads the last half minute again. */
const REVOCATION_WINDOW_MS = 30_000;
/** The age beyond which the view of other instances' revocations is not trusted. */
export const REVOCATION_MAX_AGE_MS = 1_000;
/** What one poll can return; a full answer may have left some out. */
const POLL_LIMIT = 50_000;
/** Most revocations remembered; beyond it everything verified is forgotten instead. */
const MAX_REMEMBERED = 200_000;

/** What this instance knows of sessions that ended. */
export type Revocations = ReturnType<typeof createRevocations>;

/**
 * Remembers which sessions ended, so that a verified token can be refused without asking the database. Our own
 * revocations are added after their commit; those of other instances come with `poll`.
 *
 * States: fresh, while the last good poll began less than a second ago; stale otherwise. When stale, nobody may rely
 * on `isRevoked` alone.
 */
export function createRevocations(deps: Deps) {
  /** Session id to the monotonic time at which it no longer matters; in order of insertion. */
  const revoked = new Map<string, number>();
  let goodPollBeganAt: number | null = null;

  return {
    /** Whether the view is recent enough to rely on. */
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
      forgetOld(now);
    },

    /**
     * Reads the revocations of the last half minute.
     * @throws DomainError `unavailable`; the view then ages until it is stale.
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

  function forgetOld(now: number): void {
    for (const [id, until] of revoked) {
      if (until > now && revoked.size <= MAX_REMEMBERED) return;
      if (until > now) deps.onGap();
      revoked.delete(id);
    }
  }
}
