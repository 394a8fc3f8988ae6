import type {
  RevocationFeed,
  RevocationKind,
  SequencedRevocation,
} from '../../../domain/session/revocation-feed.ts';
import type { SqlConnection } from '../sql.ts';
import {
  type ListRevocationsResult,
  listRevocations,
  updateUnnumberedRevocations,
} from './generated/revocations.queries.ts';

/** @param lifeMs how long a revocation can concern a valid token, in milliseconds */
export function createPostgresRevocationFeed(
  connection: SqlConnection,
  lifeMs: number,
): RevocationFeed {
  const lifeSeconds = Math.ceil(lifeMs / 1_000);
  return {
    async number(limit) {
      const [row] = await updateUnnumberedRevocations.run({ limit }, connection);
      return { numbered: row?.numbered ?? 0, newest: row?.newest ?? 0 };
    },
    async list(window) {
      const rows = await listRevocations.run({ ...window, lifeMs }, connection);
      const [bounds] = rows;
      return {
        entries: rows.flatMap((row) => toEntry(row, lifeSeconds)),
        last: bounds?.last_sequence ?? 0,
        lastId: bounds?.last_id ?? null,
        afterId: bounds?.after_id ?? null,
      };
    },
  };
}

/** The row without a revocation carries the bounds only. */
function toEntry(row: ListRevocationsResult, lifeSeconds: number): readonly SequencedRevocation[] {
  const { id: rowId, sequence, user_id: userId, not_before: notBefore } = row;
  if (rowId === null || sequence === null || notBefore === null) return [];
  const kind = row.kind as RevocationKind;
  const id = { session: rowId, user: userId, all: null }[kind];
  return [{ kind, id, notBefore, until: notBefore + lifeSeconds, sequence, rowId }];
}
