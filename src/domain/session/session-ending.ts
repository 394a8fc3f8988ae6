import type { SessionEndReason } from '../events.ts';

/** Most ids of ended sessions that one transaction lists. */
export const MAX_LISTED_ENDED_SESSIONS = 1_000;

export type SessionSelection = { readonly only: string } | { readonly all: true };

/** The sessions of one user that a transaction ended. */
export interface EndedSessions {
  readonly userId: string;
  readonly count: number;
  /** By the database's clock, in whole seconds since the epoch. */
  readonly endedAt: number;
  /** Set where the tokens of the user are revoked as a whole: those issued in this second or earlier are void. */
  readonly notBefore: number | null;
  /** Null for more than `MAX_LISTED_ENDED_SESSIONS`: the list must not grow with the number of sessions. */
  readonly sessionIds: readonly string[] | null;
}

/**
 * Ends live sessions of a locked user: removes them, and records their revocations and a `session.ended` event for each.
 * Every transaction that ends sessions locks their user first, so that no two of them deadlock.
 */
export interface SessionEnding {
  /**
   * Works in pieces, so that no statement is long and memory stays bounded. A single session is one statement.
   */
  end(
    user: { readonly id: string; readonly version: number },
    selection: SessionSelection,
    reason: SessionEndReason,
  ): Promise<EndedSessions>;
  /**
   * Ends the least recently used sessions beyond `keep`. Ends a bounded number of them, at most
   * `MAX_LISTED_ENDED_SESSIONS`: an account with more is trimmed over several calls.
   */
  endSurplus(
    user: { readonly id: string; readonly version: number },
    keep: number,
    reason: SessionEndReason,
  ): Promise<EndedSessions>;
  /**
   * Revokes the tokens of all users: their sessions are not live any more. `SessionRepository.deleteRevoked` removes them.
   * @returns the second in which and before which issued tokens are void, since the epoch
   */
  revokeAll(): Promise<number>;
}
