import type { SessionEndReason } from '../../../domain/events.ts';
import {
  type EndedSessions,
  MAX_LISTED_ENDED_SESSIONS,
  type SessionEnding,
} from '../../../domain/session/session-ending.ts';
import type { SqlConnection } from '../sql.ts';
import {
  endSessions,
  endSurplusSessions,
  insertRevocationOfAll,
  updateVoidTokensOfUser,
} from './generated/sessions.queries.ts';
import type { EventStamp } from './outbox.ts';

/** Most sessions that one statement ends; it takes some 0.2 s. */
const SESSIONS_PER_STATEMENT = 10_000;
/** All of a UUID but its last 8 digits, which number the events of a statement. */
const EVENT_ID_START_LENGTH = 28;
/** Sorts before every id. */
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** Keeps what was ended, for the work after the commit. */
export interface RecordingSessionEnding extends SessionEnding {
  readonly recorded: readonly EndedSessions[];
  /** The second of a revocation of all tokens; null without one. */
  readonly allRevoked: () => number | null;
}

/** The session ending of one transaction. */
export function createPostgresSessionEnding(
  connection: SqlConnection,
  stamp: EventStamp,
): RecordingSessionEnding {
  const recorded: EndedSessions[] = [];
  let allRevoked: number | null = null;

  function record(ended: Omit<EndedSessions, 'sessionIds'>, listed: readonly string[]) {
    const { count } = ended;
    const result = { ...ended, sessionIds: listed.length === count ? listed : null };
    if (count > 0) recorded.push(result);
    return result;
  }

  function eventOf(user: { id: string; version: number }, reason: SessionEndReason) {
    return {
      userId: user.id,
      userVersion: user.version,
      reason,
      requestId: stamp.requestId,
      occurredAt: stamp.clock.now(),
    };
  }

  return {
    recorded,
    allRevoked: () => allRevoked,
    async revokeAll() {
      const [row] = await insertRevocationOfAll.run(undefined, connection);
      if (row === undefined) throw new Error('the insert of a revocation returned no row');
      allRevoked = row.not_before;
      return row.not_before;
    },
    async end(user, selection, reason) {
      const event = eventOf(user, reason);
      const only = 'only' in selection ? selection.only : null;
      const listed: string[] = [];
      let [count, pieces, endedAt] = [0, 0, 0];
      let notBefore: number | null = null;
      let afterId = NIL_UUID;
      // Ends with the sessions of the user: under the lock of the user none is added.
      for (let size = SESSIONS_PER_STATEMENT; size === SESSIONS_PER_STATEMENT; ) {
        const [piece] = await endSessions.run(
          {
            ...event,
            only,
            revokesUser: only === null && pieces === 0,
            afterId,
            limit: SESSIONS_PER_STATEMENT,
            listed: MAX_LISTED_ENDED_SESSIONS - listed.length,
            eventIdStart: stamp.ids.next().slice(0, EVENT_ID_START_LENGTH),
          },
          connection,
        );
        pieces += 1;
        size = piece?.examined ?? 0;
        endedAt = piece?.ended_at ?? endedAt;
        notBefore ??= piece?.not_before ?? null;
        count += piece?.count ?? 0;
        afterId = piece?.last_id ?? afterId;
        listed.push(...(piece?.session_ids ?? []));
      }
      if (notBefore !== null && pieces > 1) {
        const [row] = await updateVoidTokensOfUser.run({ userId: user.id }, connection);
        notBefore = row?.not_before ?? notBefore;
      }
      return record({ userId: user.id, count, endedAt, notBefore }, listed);
    },
    async endSurplus(user, keep, reason) {
      const parameters = { ...eventOf(user, reason), keep, limit: MAX_LISTED_ENDED_SESSIONS };
      const rows = await endSurplusSessions.run(parameters, connection);
      const [first] = rows;
      const ended = { count: rows.length, endedAt: first?.ended_at ?? 0, notBefore: null };
      return record(
        { userId: user.id, ...ended },
        rows.map(({ id }) => id),
      );
    },
  };
}
