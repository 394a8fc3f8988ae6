/**
 * Measures the search: `npx tsx bench/search.ts [users]`, a million by default. Starts a separate PostgreSQL, fills it,
 * and prints for each text how often it matches, what the first page holds, and the time of the first page.
 */
import { Client } from 'pg';
import {
  createMigrator,
  loadMigrations,
} from '../src/infrastructure/database/migrations/migrator.ts';
import { openPostgresMigrationConnection } from '../src/infrastructure/database/postgres/client.ts';
import { createPostgresDatabase } from '../src/infrastructure/database/postgres/pool.ts';
import { searchTerm } from '../src/infrastructure/database/postgres/search-term.ts';
import { searchUserIds } from '../src/infrastructure/database/postgres/user-search.ts';
import type { Database } from '../src/infrastructure/database/sql.ts';
import { createSilentLogger } from '../test/support/logger.ts';
import { postgresSettings } from '../test/support/postgres-database.ts';
import { startPostgres } from '../test/support/postgres-server.ts';
import { populateForSearch, SEARCHED } from '../test/support/search-population.ts';

const ROUNDS = 50;
const FIRST_PAGE = { afterId: '00000000-0000-0000-0000-000000000000', limit: 50 };
const TEXTS = [
  ...[
    'a',
    'ø',
    '王',
    'li',
    'xq',
    '小明',
    'ann',
    'example.com',
    'иванов',
    'мария',
    '-e',
    '.q.',
    'com@e',
  ],
  ...[SEARCHED.rareName, SEARCHED.lateDomain, 'xyzzy', 'annanna', 'ann smithx', 'hui.o+travel7@'],
];

const users = Number(process.argv[2] ?? 1_000_000);
const server = await startPostgres({ settings: { shared_buffers: '256MB' } });
try {
  const settings = postgresSettings(server.connectionOptions);
  const session = await openPostgresMigrationConnection(settings, createSilentLogger());
  await createMigrator({
    connection: session,
    migrations: await loadMigrations(),
    log: () => {},
  }).up();
  await session.close();
  const client = new Client(server.connectionOptions);
  client.on('error', () => {}); // after a failure the server stops before the client
  await client.connect();
  const startedAt = performance.now();
  await populateForSearch(client, users);
  console.log(`${users} users in ${Math.round((performance.now() - startedAt) / 1_000)} s`);
  const database = await createPostgresDatabase(settings, { logger: createSilentLogger() });
  console.log('text                matches   p50 ms   p99 ms  first page');
  for (const text of TEXTS) console.log(await measure(text, client, database));
  await database.close();
  await client.end();
} finally {
  await server.stop('immediate');
}

async function measure(text: string, client: Client, database: Database): Promise<string> {
  const { rows } = await client.query('select fold_for_search($1) as folded', [text]);
  const counted = await client.query(
    'select count(*) as n from user_search where searched like $1',
    [searchTerm(String(rows[0]?.folded)).pattern],
  );
  const times: number[] = [];
  let page = await searchUserIds(database, text, FIRST_PAGE);
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    page = await searchUserIds(database, text, FIRST_PAGE);
    times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    (times[Math.floor(times.length * share)] ?? 0).toFixed(1).padStart(8);
  const end = page.nextAfterId === null ? 'all' : 'more';
  return `${text.padEnd(18)} ${String(counted.rows[0]?.n).padStart(8)} ${at(0.5)} ${at(0.99)}  ${page.ids.length}, ${end}`;
}
