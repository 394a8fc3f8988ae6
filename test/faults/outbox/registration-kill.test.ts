import { expect, it, onTestFinished } from 'vitest';
import { createPostgresDatabase } from '../../../src/infrastructure/database/postgres/pool.ts';
import { ids, inTransaction, storeUser } from '../../contract/fixtures.ts';
import { eventually } from '../../support/eventually.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { postgresSettings } from '../../support/postgres-database.ts';
import { profileWith } from '../../support/profiles.ts';
import { createTestDatabase } from '../../support/test-database.ts';
import { countRows, startBackgroundServer } from './background-server.ts';

const KILLS = 5;
/** Registrations of each kind: a free address, a taken one, and a free one that two people register. */
const OF_EACH_KIND = 100;
const REGISTRATIONS = 4 * OF_EACH_KIND;
const patience = { timeoutMs: 60_000, intervalMs: 1 };

it('carries each registration out exactly once when its server is killed repeatedly', async () => {
  const { connectionOptions } = await createTestDatabase();
  const database = await createPostgresDatabase(postgresSettings(connectionOptions), {
    logger: createSilentLogger(),
  });
  onTestFinished(() => database.close());
  const add = (email: string) =>
    inTransaction(database, ({ registrationRequests }) =>
      registrationRequests.add(
        { id: ids.next(), ...profileWith({ email }), passwordHash: '$argon2id$', passwordForm: 1 },
        { ttlMs: 3_600_000, maxWaiting: 10_000 },
      ),
    );
  for (let count = 0; count < OF_EACH_KIND; count += 1) {
    await add(`free${count}@example.com`);
    await add((await storeUser(database)).state.email);
    for (let person = 0; person < 2; person += 1) await add(`both${count}@example.com`);
  }
  const startServer = () => startBackgroundServer(connectionOptions);
  const count = (table: string) => countRows(database, table);

  for (let kill = 1; kill <= KILLS; kill += 1) {
    // Two at once, as two instances of a service.
    const servers = [await startServer(), await startServer()];
    // Each round kills at a different moment, during the work.
    await eventually(async () => {
      expect(await count('mail_queue')).toBeGreaterThanOrEqual(kill * 50);
    }, patience);
    for (const server of servers) await server.kill();
  }
  expect(await count('registration_requests')).toBeGreaterThan(0);
  await startServer();
  await eventually(async () => expect(await count('registration_requests')).toBe(0), patience);

  const { rows } = await database.query(
    `select kind, count(*)::integer as mails, count(distinct recipient)::integer as people
     from mail_queue group by kind order by kind`,
  );
  const each = (mails: number) => ({ mails, people: mails });
  expect(rows).toEqual([
    { kind: 'address_in_use', ...each(2 * OF_EACH_KIND) },
    { kind: 'verify_email', ...each(2 * OF_EACH_KIND) },
  ]);
  // The taken addresses were stored without an event.
  expect(await count('users')).toBe(3 * OF_EACH_KIND);
  const { rows: events } = await database.query(
    "select count(*)::integer as events, count(distinct user_id)::integer as users from outbox where type = 'user.created'",
  );
  expect(events).toEqual([{ events: 2 * OF_EACH_KIND, users: 2 * OF_EACH_KIND }]);
  expect(await count('challenges')).toBe(REGISTRATIONS);
  expect(await count('challenges where user_id is not null')).toBe(2 * OF_EACH_KIND);
}, 180_000);
