import type { RecordedEvent } from '../domain/events.ts';
import type { RevocationEntry } from '../domain/session/revocation-feed.ts';
import type { EndedSessions } from '../domain/session/session-ending.ts';
import { listRevocations } from './access/list-revocations.ts';
import type { Revocations } from './access/revocations.ts';
import type { VerifiedTokenCache } from './access/verify-access-token.ts';

interface Deps {
  readonly revocations: Pick<Revocations, 'add'>;
  readonly verifiedTokens: Pick<VerifiedTokenCache, 'forgetUser'> & { clear(): void };
  /** Removes the cached copies of a user, or schedules that for later. Must not reject. */
  readonly invalidateUser: (userId: string) => Promise<unknown>;
  /** Tells other services at once what they learn from the feed in any case. Must not throw. */
  readonly announceRevocations: (entries: readonly RevocationEntry[]) => void;
  /** Begins to delete the sessions of all users. Must not throw. */
  readonly onAllRevoked: () => void;
  /** How long a revocation can concern a valid token, in milliseconds. */
  readonly revocationLifeMs: number;
  /** Tells the relay that events wait. Must not throw. */
  readonly notifyRelay: () => void;
}

/**
 * Gets what a transaction recorded.
 * @param ended the ended sessions, whose events are not in `events`
 * @param allRevoked the second of a revocation of all tokens; null without one
 */
export type FollowUp = (
  events: readonly RecordedEvent[],
  ended: readonly EndedSessions[],
  allRevoked?: number | null,
) => Promise<void>;

/** What a unit of work calls once its transaction has ended. */
export interface AfterCommit {
  readonly onCommitted: FollowUp;
  readonly onUnknownOutcome: FollowUp;
}

/**
 * Runs what follows a commit, in this order:
 *
 * 1. The access tokens of ended sessions are revoked in this process, and those of users who lost sessions are verified
 *    again. This needs no network and cannot fail.
 * 2. The revocations are sent to other services, without a wait for the broker.
 * 3. The cached copies of changed users are invalidated, before the caller learns that its change is done.
 * 4. The relay is notified, even when step 3 failed.
 *
 * A process that dies on the way loses nothing: other instances find ended sessions and changed users in the database,
 * and the relay polls the outbox.
 *
 * When the outcome of a commit is unknown, nothing is revoked, since a session that did not end must stay valid. But
 * nothing that was known before counts any more: the tokens of the users concerned are verified again, and their copies
 * are invalidated. The commit may still take place later, and both may have been loaded again by then. The next poll of
 * the revocations finds the ended sessions; `createInvalidateChangedUsers` invalidates the copies once more.
 */
export function createAfterCommit(deps: Deps): AfterCommit {
  const { revocations, verifiedTokens, invalidateUser, notifyRelay } = deps;
  const { announceRevocations, onAllRevoked, revocationLifeMs } = deps;
  const invalidate = async (userIds: ReadonlySet<string>): Promise<void> => {
    await Promise.all([...userIds].map(invalidateUser));
  };
  return {
    async onCommitted(events, ended, allRevoked = null) {
      revocations.add(ended.flatMap(({ sessionIds }) => sessionIds ?? []));
      for (const userId of usersToForget(events, ended)) verifiedTokens.forgetUser(userId);
      if (allRevoked !== null) {
        verifiedTokens.clear();
        onAllRevoked();
      }
      const entries = listRevocations(ended, allRevoked, revocationLifeMs);
      if (entries.length > 0) announceRevocations(entries);
      try {
        await invalidate(changedUsers(events));
      } finally {
        notifyRelay();
      }
    },
    async onUnknownOutcome(events, ended, allRevoked = null) {
      const users = new Set([...concernedUsers(events), ...ended.map(({ userId }) => userId)]);
      for (const userId of users) verifiedTokens.forgetUser(userId);
      if (allRevoked !== null) verifiedTokens.clear();
      await invalidate(users);
    },
  };
}

/** The users whose row was changed. */
export function changedUsers(events: readonly RecordedEvent[]): ReadonlySet<string> {
  return concernedUsers(events.filter(({ event }) => event.type.startsWith('user.')));
}

function concernedUsers(events: readonly RecordedEvent[]): ReadonlySet<string> {
  return new Set(events.flatMap(({ event }) => (event.userId === null ? [] : [event.userId])));
}

/** Events whose transaction ends all sessions of the user. */
const ENDING_ALL: ReadonlySet<string> = new Set([
  'user.deleted',
  'user.password_changed',
  'user.password_expired',
  'user.disabled',
]);

/** The users who may have lost more sessions than are listed. */
function usersToForget(
  events: readonly RecordedEvent[],
  ended: readonly EndedSessions[],
): ReadonlySet<string> {
  const changed = concernedUsers(events.filter(({ event }) => ENDING_ALL.has(event.type)));
  const unlisted = ended.filter(({ sessionIds }) => sessionIds === null);
  return new Set([...changed, ...unlisted.map(({ userId }) => userId)]);
}
