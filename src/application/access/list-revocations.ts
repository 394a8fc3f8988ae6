import type { RevocationEntry } from '../../domain/session/revocation-feed.ts';
import type { EndedSessions } from '../../domain/session/session-ending.ts';

/**
 * Lists what a transaction revoked, as far as it is known without reading the database: a list of sessions that is too
 * long is left to the feed.
 * @param lifeMs how long a revocation can concern a valid token
 */
export function listRevocations(
  ended: readonly EndedSessions[],
  allRevoked: number | null,
  lifeMs: number,
): readonly RevocationEntry[] {
  const lifeSeconds = Math.ceil(lifeMs / 1_000);
  const entry = (kind: RevocationEntry['kind'], id: string | null, notBefore: number) => ({
    ...{ kind, id, notBefore },
    until: notBefore + lifeSeconds,
  });
  const entries = ended.flatMap(({ userId, sessionIds, endedAt, notBefore }) =>
    notBefore === null
      ? (sessionIds ?? []).map((id) => entry('session', id, endedAt))
      : [entry('user', userId, notBefore)],
  );
  return allRevoked === null ? entries : [...entries, entry('all', null, allRevoked)];
}
