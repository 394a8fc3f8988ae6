import type { RecordedEvent } from '../domain/events.ts';
import type { Revocations } from './access/revocations.ts';
import type { VerifiedTokenCache } from './access/verify-access-token.ts';

interface Deps {
  readonly revocations: Pick<Revocations, 'add'>;
  readonly verifiedTokens: Pick<VerifiedTokenCache, 'forgetUser'>;
  /** Removes the cached copies of a user, or schedules that for later. Must not reject. */
  readonly invalidateUser: (userId: string) => Promise<unknown>;
  /** Tells the relay that events wait. Must not throw. */
  readonly notifyRelay: () => void;
}

/** What a unit of work calls once its transaction has ended. */
export interface AfterCommit {
  onCommitted(events: readonly RecordedEvent[]): Promise<void>;
  onUnknownOutcome(events: readonly RecordedEvent[]): Promise<void>;
}

/**
 * Runs what follows a commit, in this order:
 *
 * 1. The access tokens of ended sessions are revoked in this process, and those of users who lost sessions are verified
 *    anew. This needs no network and cannot fail.
 * 2. The cached copies of changed users are invalidated, before the caller learns that its change is done.
 * 3. The relay is notified, even when step 2 failed.
 *
 * A process that dies on the way loses nothing: other instances find ended sessions and changed users in the database,
 * and the relay polls the outbox.
 *
 * When the outcome of a commit is unknown, nothing is revoked, since a session that did not end must stay valid. But
 * nothing that was known before counts any more: the tokens of the users concerned are verified anew, and their copies
 * are invalidated. The commit may still take place later, and both may have been loaded again by then. The next poll of
 * the revocations finds the ended sessions; `createInvalidateChangedUsers` invalidates the copies once more.
 */
export function createAfterCommit(deps: Deps): AfterCommit {
  const { revocations, verifiedTokens, invalidateUser, notifyRelay } = deps;
  const invalidate = async (userIds: ReadonlySet<string>): Promise<void> => {
    await Promise.all([...userIds].map(invalidateUser));
  };
  return {
    async onCommitted(events) {
      revocations.add(endedSessions(events));
      for (const userId of usersWithEndedSessions(events)) verifiedTokens.forgetUser(userId);
      try {
        await invalidate(changedUsers(events));
      } finally {
        notifyRelay();
      }
    },
    async onUnknownOutcome(events) {
      const users = concernedUsers(events);
      for (const userId of users) verifiedTokens.forgetUser(userId);
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

/** The users who may have lost more sessions than the events list. */
function usersWithEndedSessions(events: readonly RecordedEvent[]): ReadonlySet<string> {
  return concernedUsers(
    events.filter(
      ({ event }) => event.type === 'user.deleted' || event.type === 'user.password_changed',
    ),
  );
}

function endedSessions(events: readonly RecordedEvent[]): readonly string[] {
  return events.flatMap(({ event }) =>
    event.type === 'session.ended' ? [event.data.session_id] : [],
  );
}
