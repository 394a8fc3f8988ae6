import type { Session, SessionRepository } from '../../../domain/session/session-repository.ts';
import type { SqlConnection } from '../sql.ts';
import {
  deleteExpiredSessions,
  deleteOldRevocations,
  findLiveSession,
  insertSession,
  type ListLiveSessionsResult,
  listLiveSessions,
  listRevokedSessions,
  lockSession,
  rotateSession,
} from './generated/sessions.queries.ts';

export function createPostgresSessionRepository(connection: SqlConnection): SessionRepository {
  return {
    async insert({ id, userId, client, refreshTokenHash }, { idleTtlMs, absoluteTtlMs }) {
      const rows = await insertSession.run(
        { id, userId, ...client, refreshHash: refreshTokenHash, idleTtlMs, absoluteTtlMs },
        connection,
      );
      return remainingMs(rows);
    },
    async findLive(id) {
      const [row] = await findLiveSession.run({ id }, connection);
      return row === undefined
        ? null
        : { id: row.id, userId: row.user_id, remainingMs: row.remaining_ms };
    },
    async listLive(userId) {
      return (await listLiveSessions.run({ userId }, connection)).map(toSession);
    },
    async lockForRefresh(id, earlier) {
      const [row] = await lockSession.run({ id, earlier }, connection);
      if (row === undefined) return null;
      return {
        userId: row.user_id,
        currentHash: row.refresh_hash,
        previousHash: row.previous_refresh_hash,
        sinceRotationMs: row.since_rotation_ms,
        rotatedBefore: row.rotated_before,
        sealedSuccessor: row.sealed_successor,
        remainingMs: row.remaining_ms,
      };
    },
    async rotate(id, rotation, idleTtlMs) {
      return remainingMs(await rotateSession.run({ id, idleTtlMs, ...rotation }, connection));
    },
    async listRevoked(snapshot, limit) {
      const [row] = await listRevokedSessions.run({ previous: snapshot, limit }, connection);
      if (row === undefined) throw new Error('the poll of the revocations returned no row');
      return {
        sessionIds: row.session_ids,
        snapshot: row.snapshot,
        isBehind: row.is_behind,
        serverStarted: row.server_started,
        databaseTimeMs: row.database_time_ms,
      };
    },
    deleteExpired: (limit) => deleteExpiredSessions.runForCount({ limit }, connection),
    deleteOldRevocations: (seenIn, limit) =>
      deleteOldRevocations.runForCount({ seenIn, limit }, connection),
  };
}

/** @throws Error for a defect: the session to rotate was not locked, and was deleted. */
function remainingMs([row]: readonly { readonly remaining_ms: number }[]): number {
  if (row === undefined) throw new Error('the session does not exist: lock it first');
  return row.remaining_ms;
}

function toSession(row: ListLiveSessionsResult): Session {
  return {
    id: row.id,
    userId: row.user_id,
    client: { ip: row.ip, userAgent: row.user_agent },
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
    expiresAt: row.expires_at,
  };
}
