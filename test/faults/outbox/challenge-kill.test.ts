import { expect, it, onTestFinished } from 'vitest';
import { createPostgresDatabase } from '../../../src/infrastructure/database/postgres/pool.ts';
import { ids, inTransaction, storeUser } from '../../contract/fixtures.ts';
import { eventually } from '../../support/eventually.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { postgresSettings } from '../../support/postgres-database.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { countRows, startBackgroundServer } from './background-server.ts';

const KILLS = 5;
const REQUESTS = 400;
const patience = { timeoutMs: 60_000, intervalMs: 1 };

it('queues exactly one mail for each request when its server is killed repeatedly', async () => {
  const { connectionOptions } = await createTestDatabase();
  const database = await createPostgresDatabase(postgresSettings(connectionOptions), {
    logger: createSilentLogger(),
  });
  onTestFinished(() => database.close());
  const limits = { ttlMs: 3_600_000, maxWaiting: 10_000 };
  for (let count = 0; count < REQUESTS; count += 1) {
    const { id: userId, state } = await storeUser(database);
    const request = { id: ids.next(), purpose: 'reset', email: state.email } as const;
    await inTransaction(database, ({ challenges }) =>
      challenges.request({ ...request, userId, byHolder: false }, limits),
    );
  }
  const startServer = () => startBackgroundServer(connectionOptions);
  const count = (table: string) => countRows(database, table);

  for (let kill = 1; kill <= KILLS; kill += 1) {
    const server = await startServer();
    // Each round kills at a different moment, during the work.
    await eventually(async () => {
      expect(await count('mail_queue')).toBeGreaterThanOrEqual(kill * 50);
    }, patience);
    await server.kill();
  }
  expect(await count('challenge_requests')).toBeGreaterThan(0);
  await startServer();
  await eventually(async () => expect(await count('challenge_requests')).toBe(0), patience);
  const { rows } = await database.query(
    `select count(*)::integer as mails, count(distinct recipient)::integer as people,
       (select count(*)::integer from challenges) as challenges
     from mail_queue`,
  );
  expect(rows).toEqual([{ mails: REQUESTS, people: REQUESTS, challenges: REQUESTS }]);
}, 120_000);
