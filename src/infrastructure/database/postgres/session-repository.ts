import type { SessionEndReason } from '../../../domain/events.ts';
import type {
  LiveSession,
  Session,
  SessionRepository,
} from '../../../domain/session/session-repository.ts';
import { createBatcher } from '../../../lib/batcher.ts';
import { isUuid } from '../../../lib/uuid.ts';
import type { SqlConnection } from '../sql.ts';
import {
  deleteExpiredSessions,
  deleteOldRevocations,
  deleteRevokedSessions,
  findLiveSessions,
  insertSession,
  type ListLiveSessionsResult,
  listLiveSessions,
  listRevokedSessions,
  lockSession,
  rotateCurrentSession,
  rotateSession,
} from './generated/sessions.queries.ts';

/** Sessions that one statement reads. */
const MAX_BATCH_SIZE = 100;

export function createPostgresSessionRepository(connection: SqlConnection): SessionRepository {
  const loadLive = createBatcher<string, LiveSession | null>(async (ids, resolve) => {
    const found = new Map<string, LiveSession>();
    for (const row of await findLiveSessions.run({ ids }, connection)) {
      found.set(row.id, {
        id: row.id,
        userId: row.user_id,
        remainingMs: row.remaining_ms,
        sinceAuthenticationMs: row.since_authentication_ms,
      });
    }
    for (const [index, id] of ids.entries()) resolve(index, found.get(id.toLowerCase()) ?? null);
  }, MAX_BATCH_SIZE);
  return {
    async insert({ id, userId, client, refreshTokenHash }, { idleTtlMs, absoluteTtlMs }) {
      const [row] = await insertSession.run(
        { id, userId, ...client, refreshHash: refreshTokenHash, idleTtlMs, absoluteTtlMs },
        connection,
      );
      if (row === undefined) throw new Error('the insert of a session returned no row');
      return {
        remainingMs: row.remaining_ms,
        authenticatedAt: row.authenticated_at,
        issuedAt: row.issued_at,
      };
    },
    // A malformed id matches no session. It is filtered here so that it cannot fail the whole batch.
    findLive: async (id) => (isUuid(id) ? loadLive(id) : null),
    async listLive(userId) {
      return (await listLiveSessions.run({ userId }, connection)).map(toSession);
    },
    async rotateCurrent(id, rotation, idleTtlMs) {
      const [row] = await rotateCurrentSession.run({ id, idleTtlMs, ...rotation }, connection);
      return row === undefined
        ? null
        : {
            userId: row.user_id,
            remainingMs: row.remaining_ms,
            authenticatedAt: row.authenticated_at,
            issuedAt: row.issued_at,
          };
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
        authenticatedAt: row.authenticated_at,
        issuedAt: row.issued_at,
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
        isAllRevoked: row.all_revoked,
        snapshot: row.snapshot,
        isBehind: row.is_behind,
        serverStarted: row.server_started,
        databaseTimeMs: row.database_time_ms,
      };
    },
    deleteExpired: (limit) => deleteExpiredSessions.runForCount({ limit }, connection),
    async deleteRevoked(limit, requestId) {
      const reason: SessionEndReason = 'ended_by_admin';
      const [row] = await deleteRevokedSessions.run({ limit, reason, requestId }, connection);
      return row?.count ?? 0;
    },
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
