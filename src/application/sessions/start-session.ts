import type { IdGenerator } from '../../domain/ports.ts';
import type { RefreshTokens } from '../../domain/session/refresh-tokens.ts';
import type { SessionLifetimes, SessionTimes } from '../../domain/session/session-repository.ts';
import type { Transaction } from '../../domain/unit-of-work.ts';
import type { Caller } from '../access/caller.ts';

interface Deps {
  readonly refreshTokens: RefreshTokens;
  readonly ids: IdGenerator;
  readonly lifetimes: SessionLifetimes;
  /** Most live sessions of one user. */
  readonly maxSessionsPerUser: number;
}

/** What `IssueTokens` needs, once the transaction has committed. */
export interface StartedSession extends SessionTimes {
  readonly id: string;
  readonly userId: string;
  readonly refreshToken: string;
}

export type StartSession = ReturnType<typeof createStartSession>;

/** Longest user agent that is stored, in UTF-16 units; the rest is cut off. */
const USER_AGENT_MAX_LENGTH = 256;

/**
 * Starts a session of a locked user for the caller's client, with its event. Beyond the limit the least recently used
 * sessions of the user end first. The event is sent with the commit, so this is the last work of a transaction.
 */
export function createStartSession({ refreshTokens, ids, lifetimes, maxSessionsPerUser }: Deps) {
  return async (
    { ip, userAgent }: Caller,
    transaction: Pick<Transaction, 'sessions' | 'sessionEnding' | 'outbox' | 'commitWithNext'>,
    user: { readonly id: string; readonly version: number },
  ): Promise<StartedSession> => {
    const { sessions, sessionEnding, outbox } = transaction;
    const id = ids.next();
    const { token, hash } = refreshTokens.create(id);
    await sessionEnding.endSurplus(user, maxSessionsPerUser - 1, 'session_limit');
    const client = { ip, userAgent: userAgent?.slice(0, USER_AGENT_MAX_LENGTH) ?? null };
    const times = await sessions.insert(
      { id, userId: user.id, client, refreshTokenHash: hash },
      lifetimes,
    );
    transaction.commitWithNext();
    await outbox.append([
      {
        type: 'session.started',
        userId: user.id,
        userVersion: user.version,
        data: { session_id: id },
      },
    ]);
    return { id, userId: user.id, refreshToken: token, ...times };
  };
}
