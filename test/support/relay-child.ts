import { randomUUID } from 'node:crypto';
import { createPostgresDatabase } from '../../src/infrastructure/database/postgres/pool.ts';
import { createSilentLogger } from './logger.ts';
import { postgresSettings } from './postgres-database.ts';
import { commitEvents, lifeOf, runRelay } from './relay.ts';

// A process for tests that kill it: commits the events of users on several connections, and relays them. It prints
// `committed` after each user, and never ends.
const { connection, url } = JSON.parse(process.argv[2] ?? '{}');
const database = await createPostgresDatabase(postgresSettings(connection), {
  logger: createSilentLogger(),
});
const { relay } = await runRelay({ database, url });

async function write(): Promise<never> {
  for (;;) {
    for (const event of lifeOf(randomUUID(), 4)) {
      await commitEvents(database, [event]);
      relay.notify();
    }
    process.stdout.write('committed\n');
  }
}

await Promise.all(Array.from({ length: 4 }, write));
