import { expect, test } from 'vitest';
import { listRevokedSessions } from '../../../src/infrastructure/database/postgres/generated/sessions.queries.ts';
import { createPostgresDatabase } from '../../../src/infrastructure/database/postgres/pool.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { postgresSettings } from '../../support/postgres-database.ts';
import { createTestDatabase } from '../../support/test-database.ts';

test('polling for revocations reads only the window, not all stored rows', async () => {
  const { connectionOptions } = await createTestDatabase();
  const database = await createPostgresDatabase(postgresSettings(connectionOptions), {
    logger: createSilentLogger(),
  });
  try {
    await database.query(
      `insert into session_revocations (session_id, user_id, revoked_at)
       select gen_random_uuid(), gen_random_uuid(), now() - n * interval '100 milliseconds'
       from generate_series(1, 30000) as n`,
    );
    await database.query('analyze session_revocations');
    const { rows } = await database.query<{ 'QUERY PLAN': string }>(
      `explain ${listRevokedSessions.text}`,
      [30_000],
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/session_revocations_revoked_at_idx[\s\S]*Index Cond: \(revoked_at >/);
  } finally {
    await database.close();
  }
});
