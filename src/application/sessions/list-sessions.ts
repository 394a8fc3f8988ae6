import type { Session, SessionRepository } from '../../domain/session/session-repository.ts';
import type { Caller } from '../access/caller.ts';
import { requireScope, requireUser } from '../access/policy.ts';

interface Deps {
  readonly sessions: Pick<SessionRepository, 'listLive'>;
}

/** `current` marks the session of the caller. */
export interface ListedSession extends Session {
  readonly current: boolean;
}

/**
 * Lists the caller's sessions, or with `users:admin` those of a user.
 * @throws DomainError `unauthenticated`, `forbidden`
 */
export function createListSessions(deps: Deps) {
  return {
    async own(caller: Caller): Promise<readonly ListedSession[]> {
      const { userId, sessionId } = requireUser(caller);
      const sessions = await deps.sessions.listLive(userId);
      return sessions.map((session) => ({ ...session, current: session.id === sessionId }));
    },
    async ofUser(caller: Caller, userId: string): Promise<readonly ListedSession[]> {
      requireScope(caller, 'users:admin');
      const sessions = await deps.sessions.listLive(userId);
      return sessions.map((session) => ({ ...session, current: false }));
    },
  };
}
