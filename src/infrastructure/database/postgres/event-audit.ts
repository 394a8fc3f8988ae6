import type { EventAudit, EventRestorations } from '../../../domain/outbox/event-audit.ts';
import { isUuid } from '../../../lib/uuid.ts';
import type { SqlConnection } from '../sql.ts';
import {
  beginRestoration,
  countMarkedBefore,
  findAuditBounds,
  findRestoration,
  finishRestoration,
  listEventMarks,
  listKnownUsers,
  listMarkedEvents,
} from './generated/event-audit.queries.ts';

const MAX_COUNTED = 100_000;
const MAX_MARKED = 1_000;
/** More numbers than a service gives between a backup and its restore. */
const SKIPPED_NUMBERS = 1_000_000_000;
/** More changes than one user has between a backup and its restore. */
const SKIPPED_VERSIONS = 1_000_000;

export function createPostgresEventAudit(connection: SqlConnection): EventAudit {
  return {
    async findBounds() {
      const [row] = await findAuditBounds.run({ limit: MAX_COUNTED }, connection);
      return {
        first: row?.first_sequence ?? 1,
        restored: row?.restored_sequence ?? 0,
        waiting: row?.waiting ?? 0,
      };
    },
    async findMarks(ids) {
      // The stream may hold messages of others, with any id.
      const rows = await listEventMarks.run({ ids: ids.filter(isUuid) }, connection);
      return new Map(rows.map((row) => [row.id, row.stream_sequence]));
    },
    async listMarked(first, last) {
      const rows = await listMarkedEvents.run({ first, last, limit: MAX_MARKED }, connection);
      return rows.map((row) => ({
        id: row.id,
        type: row.type,
        userId: row.user_id,
        userVersion: row.user_version,
        streamSequence: row.stream_sequence,
      }));
    },
    async countMarkedBefore(before, maxAgeMs) {
      const parameters = { before, maxAgeMs, limit: MAX_COUNTED };
      const [row] = await countMarkedBefore.run(parameters, connection);
      return row?.count ?? 0;
    },
  };
}

export function createPostgresEventRestorations(connection: SqlConnection): EventRestorations {
  return {
    async begin() {
      const parameters = { numbers: SKIPPED_NUMBERS, versions: SKIPPED_VERSIONS };
      await beginRestoration.run(parameters, connection);
    },
    async find() {
      const [row] = await findRestoration.run(undefined, connection);
      return row ?? null;
    },
    async finish() {
      await finishRestoration.run(undefined, connection);
    },
    async listKnownUsers(ids) {
      const rows = await listKnownUsers.run({ ids: [...ids] }, connection);
      return new Set(rows.map(({ id }) => id));
    },
  };
}
