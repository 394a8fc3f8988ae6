import { MOST_COUNTED, type SealedRows } from '../../../domain/signing-key/sealed-rows.ts';
import type { Database } from '../sql.ts';
import {
  countSealedRows,
  deleteSessionsOfAllUsers,
  listConnectionsOfOthers,
  markChallengesExpired,
  markUnreadableMails,
} from './generated/sealed-rows.queries.ts';
import { connectionNames } from './settings.ts';

/** A statement with so many rows takes some 0.2 s. */
const ROWS_PER_STATEMENT = 5_000;
/** Sorts before every id. */
const NIL_UUID = '00000000-0000-0000-0000-000000000000';
const UNREADABLE = 'sealed under a master key that was lost';

/** @param ownName the name of this program's own connections */
export function createPostgresSealedRows(database: Database, ownName: string): SealedRows {
  const { pool, monitoring, migrator } = connectionNames(ownName);
  // The monitoring pool has connections that monitor it.
  const ownNames = [pool, monitoring, migrator, connectionNames(monitoring).monitoring];
  return {
    async count(before) {
      const [counts] = await countSealedRows.run({ before, most: MOST_COUNTED }, database);
      if (counts === undefined) throw new Error('the counts are one row');
      return counts;
    },
    async endSessions(requestId) {
      let count = 0;
      let afterId = NIL_UUID;
      // Ends with the table: the ids only grow.
      for (let size = ROWS_PER_STATEMENT; size === ROWS_PER_STATEMENT; ) {
        const parameters = {
          afterId,
          limit: ROWS_PER_STATEMENT,
          reason: 'ended_by_admin',
          requestId,
        };
        const [piece] = await deleteSessionsOfAllUsers.run(parameters, database);
        size = piece?.examined ?? 0;
        count += piece?.count ?? 0;
        afterId = piece?.last_id ?? afterId;
      }
      return count;
    },
    discardMails: () =>
      inPieces((limit) => markUnreadableMails.runForCount({ limit, error: UNREADABLE }, database)),
    endChallenges: () =>
      inPieces((limit) => markChallengesExpired.runForCount({ limit }, database)),
    async listOtherConnections() {
      if (database.driver === 'embedded') return [];
      return await listConnectionsOfOthers.run({ ownNames }, database);
    },
  };
}

/** Each piece takes rows out of what the next one finds. */
async function inPieces(change: (limit: number) => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const changed = await change(ROWS_PER_STATEMENT);
    total += changed;
    if (changed < ROWS_PER_STATEMENT) return total;
  }
}
