/**
 * Shows how the search runs on many users: `npx tsx scripts/search-plan.ts [users] [--plans]`, a million by default. It
 * starts a separate PostgreSQL, fills it, and explains the service's statement for texts of every kind.
 */
import { Client } from 'pg';
import {
  createMigrator,
  loadMigrations,
} from '../src/infrastructure/database/migrations/migrator.ts';
import { openPostgresMigrationConnection } from '../src/infrastructure/database/postgres/client.ts';
import { searchUsers } from '../src/infrastructure/database/postgres/generated/users.queries.ts';
import { searchPattern } from '../src/infrastructure/database/postgres/search-pattern.ts';
import type { SqlConnection } from '../src/infrastructure/database/sql.ts';
import { createSilentLogger } from '../test/support/logger.ts';
import { type ConnectionOptions, startPostgres } from '../test/support/postgres-server.ts';
import { populateForSearch, SEARCHED } from '../test/support/search-population.ts';

const NIL_UUID = '00000000-0000-0000-0000-000000000000';
const LIMIT = 51;

const cases: readonly (readonly [string, string])[] = [
  ['frequent, 3 letters', 'ann'],
  ['frequent part of an address', '@mail'],
  ['part of an address', 'example.com'],
  ['rare name', SEARCHED.rareName],
  ['rare part of a name', 'etzall'],
  ['one whole address', 'hui.o+travel7@'],
  ['all at the end', SEARCHED.lateDomain],
  ['two-letter CJK', '小明'],
  ['one-letter CJK', '王'],
  ['Cyrillic', 'иванов'],
  ['Arabic, two letters', 'مح'],
  ['two Latin letters', 'li'],
  ['two rare Latin letters', 'xq'],
  ['one letter', 'a'],
  ['one rare letter', 'ø'],
  ['no match', 'xyzzy'],
  ['no match of frequent parts', 'annanna'],
  ['no match, first and last name', 'ann smithx'],
  ['sign and letter', '@e'],
  ['rarer sign and letter', '-e'],
  ['signs around a letter', '.q.'],
  ['two letters around a dot', 'e.c'],
];

const argument = process.argv.slice(2);
const users = Number(argument.find((value) => /^\d+$/.test(value)) ?? 1_000_000);
const showPlans = argument.includes('--plans');
const server = await startPostgres({ settings: { shared_buffers: '128MB' } });
try {
  await migrate(server.connectionOptions);
  const client = new Client(server.connectionOptions);
  client.on('error', () => {}); // after a failure the server stops before the client
  await client.connect();
  const startedAt = performance.now();
  await populateForSearch(client, users);
  console.log(`${users} users in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  await report(client);
  await client.end();
} finally {
  await server.stop('immediate');
}

async function migrate(connection: ConnectionOptions): Promise<void> {
  const settings = {
    ...connection,
    sslMode: 'disable' as const,
    sslRootCert: null,
    maxOpenConns: 1,
    maxIdleConns: 1,
    connMaxLifetimeMs: 0,
    connMaxIdleTimeMs: 0,
    statementTimeoutMs: 0,
    lockTimeoutMs: 0,
    connectTimeoutMs: 5_000,
    preparedStatements: true,
  };
  const session = await openPostgresMigrationConnection(settings, createSilentLogger());
  await createMigrator({
    connection: session,
    migrations: await loadMigrations(),
    log: () => {},
  }).up();
  await session.close();
}

async function report(client: Client): Promise<void> {
  const middle = await idAt(client, 0.5);
  for (const [kind, text] of cases) {
    for (const [page, afterId] of [
      ['first', NIL_UUID],
      ['middle', middle],
    ] as const) {
      const plan = await explain(client, text, afterId);
      console.log(
        [
          kind.padEnd(30),
          text.padEnd(18),
          page.padEnd(7),
          `${plan.milliseconds.toFixed(1)} ms`.padStart(11),
          `${plan.rows} rows`.padStart(8),
          `${plan.buffers} pages`.padStart(13),
          plan.nodes,
        ].join('  '),
      );
      if (showPlans) console.log(plan.text);
    }
  }
}

async function idAt(client: Client, share: number): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    'select id from users order by id limit 1 offset $1',
    [Math.floor(users * share)],
  );
  return rows[0]?.id ?? NIL_UUID;
}

interface Node {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly 'Subplan Name'?: string;
  readonly 'Actual Loops'?: number;
  readonly Plans?: readonly Node[];
}

async function explain(client: Client, text: string, afterId: string) {
  let rows: { 'QUERY PLAN': readonly Record<string, unknown>[] }[] = [];
  const explaining: SqlConnection = {
    async query(statement, values = []) {
      const explained = `explain (analyze, buffers, format json) ${statement}`;
      rows = (await client.query(explained, [...values])).rows;
      return { rows: [], rowCount: 0 };
    },
  };
  const parameters = { pattern: searchPattern(text), afterId, limit: LIMIT };
  await searchUsers.runUnprepared(parameters, explaining);
  const report = rows[0]?.['QUERY PLAN'][0] ?? {};
  const plan = report.Plan as Node & Record<string, number>;
  return {
    milliseconds: Number(report['Execution Time']) + Number(report['Planning Time']),
    rows: plan['Actual Rows'],
    buffers: (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0),
    nodes: describe(plan),
    text: JSON.stringify(plan, null, 1),
  };
}

/** Lists the scans of `users` that ran, each with the index it used. */
function describe(node: Node): string {
  return scans(node).join(', ');
}

function scans(node: Node): string[] {
  if (node['Actual Loops'] === 0) return [];
  const table = node['Relation Name'] === 'users' && node['Node Type'] === 'Seq Scan';
  const own = node['Index Name'] ?? (table ? 'Seq Scan' : undefined);
  const arm = node['Subplan Name']?.replace(/^CTE /, '');
  const below = (node.Plans ?? []).flatMap(scans);
  const all = own === undefined ? below : [own, ...below];
  return arm === undefined || all.length === 0 ? all : [`${arm} (${all.join(', ')})`];
}
