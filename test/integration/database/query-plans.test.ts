import { expect, test } from 'vitest';
import { listRevokedSessions } from '../../../src/infrastructure/database/postgres/generated/sessions.queries.ts';
import { createPostgresDatabase } from '../../../src/infrastructure/database/postgres/pool.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { postgresSettings } from '../../support/postgres-database.ts';
import { createTestDatabase } from '../../support/test-database.ts';

test('polling for revocations reads only those of recent transactions, not all stored rows', async () => {
  const { connectionOptions } = await createTestDatabase();
  const database = await createPostgresDatabase(postgresSettings(connectionOptions), {
    logger: createSilentLogger(),
  });
  try {
    await database.query(
      `insert into session_revocations (session_id, user_id, transaction_id)
       select gen_random_uuid(), gen_random_uuid(), n::text::xid8
       from generate_series(1, 30000) as n`,
    );
    await database.query('analyze session_revocations');
    const { rows } = await database.query<{ 'QUERY PLAN': string }>(
      `explain ${listRevokedSessions.text}`,
      ['29000:29000:', 10_000],
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(
      /session_revocations_transaction_id_idx[\s\S]*Index Cond: \(\(transaction_id >= /,
    );
  } finally {
    await database.close();
  }
});
