import type {
  RevocationReading,
  SessionRepository,
} from '../../domain/session/session-repository.ts';
import type { DatabaseClock } from '../database-clock.ts';
import type { SnapshotHistory } from './snapshot-history.ts';

interface Deps {
  readonly sessions: Pick<SessionRepository, 'listRevoked'>;
  /** Learns from each poll what the database's clock says. */
  readonly databaseClock: Pick<DatabaseClock, 'observe'>;
  /** Gets the snapshot of each poll. */
  readonly snapshots: Pick<SnapshotHistory, 'add' | 'clear'>;
  /** Monotonic milliseconds: a step of the wall clock must not make an old view look fresh. */
  readonly monotonicMs: () => number;
  /** Whether other processes can end sessions. If not, there is nothing to poll. */
  readonly shared: boolean;
  /** How long a revocation can matter: the longest life of an access token, in milliseconds. */
  readonly rememberMs: number;
  /** Called when a poll may have missed revocations. Caches of verified tokens must be cleared. */
  readonly onGap: () => void;
}

/** Age beyond which the known revocations of other instances are stale. */
export const REVOCATION_MAX_AGE_MS = 1_000;
/**
 * Age of the last good poll beyond which the next one is a gap, counted to the end of the next one: the process may be
 * paused before it reads the database. Revocations stay in the database for longer than this after they became visible
 * (`createDeleteOldRevocations`), so that a poll within it finds them all.
 */
const REVOCATION_MAX_UNSEEN_MS = 15_000;
/** Most ids that one poll returns. A full result may have left some out, and is a gap. */
const POLL_LIMIT = 10_000;
/** Most revocations in memory. Beyond it the oldest are dropped and `onGap` is called. */
const MAX_REMEMBERED = 200_000;

interface GoodPoll {
  readonly beganAtMs: number;
  readonly reading: RevocationReading;
}

export type Revocations = ReturnType<typeof createRevocations>;

/**
 * Keeps the sessions that ended, so that a verified token can be rejected without a database query. Revocations of this
 * instance are added after their commit; `poll` reads those of other instances.
 *
 * States: fresh, while the last successful poll began less than a second ago; stale otherwise. While it is stale, check
 * the session in the database instead of relying on `isRevoked`.
 *
 * Polls follow commits, not times: each returns what became visible since the snapshot of the last good one. Where that
 * cannot be relied upon there is a gap, after which every token is verified again: no good poll for a while, a full
 * result, another server or an older database, and a step of the database's clock, by which sessions may have expired.
 * A revocation of all tokens counts as one.
 * `models/revocation.pml` is the protocol.
 */
export function createRevocations(deps: Deps) {
  /** Session id to the monotonic time at which it expires; in order of insertion. */
  const revoked = new Map<string, number>();
  let last: GoodPoll | null = null;

  return {
    /** Whether `isRevoked` knows the recent revocations of all instances. */
    isFresh(): boolean {
      if (!deps.shared) return true;
      return last !== null && deps.monotonicMs() - last.beganAtMs <= REVOCATION_MAX_AGE_MS;
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
     * Reads the revocations that became visible since the last good poll.
     * @throws DomainError `unavailable`; without a successful poll the revocations become stale.
     */
    async poll(): Promise<void> {
      const beganAtMs = deps.monotonicMs();
      const reading = await deps.sessions.listRevoked(last?.reading.snapshot ?? null, POLL_LIMIT);
      const { databaseTimeMs } = reading;
      const endedAtMs = deps.monotonicMs();
      const clock = deps.databaseClock.observe({ beganAtMs, endedAtMs, databaseTimeMs });
      if (isAnotherServer(last, reading)) deps.snapshots.clear();
      deps.snapshots.add({ snapshot: reading.snapshot, endedAtMs });
      if (clock === 'stepped' || reading.isAllRevoked || isGap(last, endedAtMs, reading)) {
        deps.onGap();
      }
      this.add(reading.sessionIds);
      last = { beganAtMs, reading };
    },
  };

  function dropExpired(now: number): void {
    let droppedEarly = false;
    for (const [id, until] of revoked) {
      if (until > now && revoked.size <= MAX_REMEMBERED) break;
      droppedEarly ||= until > now;
      revoked.delete(id);
    }
    if (droppedEarly) deps.onGap();
  }
}

function isGap(last: GoodPoll | null, endedAtMs: number, reading: RevocationReading): boolean {
  return (
    last === null ||
    endedAtMs - last.beganAtMs > REVOCATION_MAX_UNSEEN_MS ||
    reading.sessionIds.length >= POLL_LIMIT ||
    isAnotherServer(last, reading)
  );
}

function isAnotherServer(last: GoodPoll | null, reading: RevocationReading): boolean {
  return reading.isBehind || reading.serverStarted !== last?.reading.serverStarted;
}
