import { expect, test } from 'vitest';
import {
  deleteOldRevocations,
  listRevokedSessions,
} from '../../../src/infrastructure/database/postgres/generated/sessions.queries.ts';
import { createPostgresDatabase } from '../../../src/infrastructure/database/postgres/pool.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { postgresSettings } from '../../support/postgres-database.ts';
import { createTestDatabase } from '../../support/test-database.ts';

/** The plan of a statement on 30,000 revocations of the last two hours, each of its own transaction. */
async function planWithRevocations(statement: string, values: unknown[]): Promise<string> {
  const { connectionOptions } = await createTestDatabase();
  const database = await createPostgresDatabase(postgresSettings(connectionOptions), {
    logger: createSilentLogger(),
  });
  try {
    await database.query(
      `insert into session_revocations (session_id, user_id, transaction_id, revoked_at)
       select gen_random_uuid(), gen_random_uuid(), n::text::xid8,
         now() - interval '2 hours' + n * interval '240 milliseconds'
       from generate_series(1, 30000) as n`,
    );
    await database.query('analyze session_revocations');
    const { rows } = await database.query<{ 'QUERY PLAN': string }>(`explain ${statement}`, values);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  } finally {
    await database.close();
  }
}

test('polling for revocations reads only those of recent transactions, not all stored rows', async () => {
  expect(await planWithRevocations(listRevokedSessions.text, ['29000:29000:', 10_000])).toMatch(
    /session_revocations_transaction_id_idx[\s\S]*Index Cond: \(\(transaction_id >= /,
  );
});

test('removing old revocations follows an index and sorts nothing', async () => {
  const plan = await planWithRevocations(deleteOldRevocations.text, ['29000:29000:', 1_000]);
  expect(plan).toContain('session_revocations_transaction_id_idx');
  expect(plan).not.toContain('Sort');
});
