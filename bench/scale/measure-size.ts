import { Agent, request } from 'node:http';
import { Client } from 'pg';
import type { ConnectionOptions, PostgresServer } from '../../test/support/postgres-server.ts';
import { populateForSearch } from '../../test/support/search-population.ts';
import { quantile } from '../compare.ts';
import { onDatabase } from '../context.ts';
import { startService } from '../service.ts';
import type { Drawn, Path, Sized } from './paths.ts';
import { sizeAsText } from './sizes.ts';

/** Not measured: they fill caches of plans and code. */
const WARM_UPS = 20;
/** Waiting events and revoked sessions, a fifth of the users' number but no more than this. */
const MAX_EVENTS = 2_000_000;
const REVOCATIONS = 8_000;
const DRAWN_PERCENT = 5;
/** A prime, so that consecutive samples read different parts of the table. */
const STEP = 7_919;

export interface PathTimes {
  readonly title: string;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Fills a database with users and measures each path, one request at a time. */
export async function measureSize(deps: {
  readonly postgres: PostgresServer;
  readonly size: number;
  readonly samples: number;
  readonly paths: readonly Path[];
  progress(text: string): void;
}): Promise<readonly PathTimes[]> {
  const { postgres, size, samples, paths } = deps;
  const name = `scale_${size}`;
  const progress = (text: string): void => deps.progress(`${sizeAsText(size)}: ${text}`);
  const connection = await postgres.createDatabase(name);
  // The start creates the schema.
  const first = await startService(onDatabase(connection));
  await first.stop();
  const client = new Client(connection);
  await client.connect();
  try {
    const sized = await fill(client, size, progress);
    const drawn = await drawUsers(client, samples + WARM_UPS);
    return await measurePaths({ client, connection, paths, drawn, sized, progress });
  } finally {
    await client.end();
    await postgres.dropDatabase(name);
  }
}

async function fill(
  client: Client,
  size: number,
  progress: (text: string) => void,
): Promise<Sized> {
  progress('inserting users');
  const ticker = setInterval(() => progress('inserting users and building indexes'), 15_000);
  try {
    await populateForSearch(client, size);
  } finally {
    clearInterval(ticker);
  }
  progress('inserting events and revocations');
  await client.query(
    `insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
     select gen_random_uuid(), gen_random_uuid(), 2, 'user.updated', '{"changed_fields":["first_name"]}', 'bench', now()
     from generate_series(1, $1::integer)`,
    [Math.min(MAX_EVENTS, Math.ceil(size / 5))],
  );
  const revoke = `insert into session_revocations (session_id, user_id)
    select gen_random_uuid(), gen_random_uuid() from generate_series(1, $1::integer)`;
  await client.query(revoke, [Math.min(MAX_EVENTS, Math.ceil(size / 5))]);
  const { rows } = await client.query<{ snapshot: string }>(
    'select pg_current_snapshot()::text as snapshot',
  );
  await client.query(revoke, [REVOCATIONS]);
  for (const table of ['outbox', 'session_revocations']) {
    await client.query(`vacuum analyze ${table}`);
  }
  await client.query('checkpoint');
  const late = await client.query<{ id: string }>(
    'select id from users order by id desc offset $1 limit 1',
    [Math.floor(size / 20)],
  );
  return { lateId: late.rows[0]?.id ?? '', snapshot: rows[0]?.snapshot ?? '' };
}

/** Users from all parts of the table. */
async function drawUsers(client: Client, count: number): Promise<readonly Drawn[]> {
  const { rows } = await client.query<{ id: string; email: string }>(
    'select id, email from users tablesample bernoulli($1) repeatable (7)',
    [DRAWN_PERCENT],
  );
  return Array.from({ length: count }, (_, sample) => {
    const user = rows[(sample * STEP) % rows.length];
    if (user === undefined) throw new Error('the table has no users');
    return { ...user, sample };
  });
}

async function measurePaths(deps: {
  readonly client: Client;
  readonly connection: ConnectionOptions;
  readonly paths: readonly Path[];
  readonly drawn: readonly Drawn[];
  readonly sized: Sized;
  progress(text: string): void;
}): Promise<readonly PathTimes[]> {
  const { client, connection, paths, drawn, sized, progress } = deps;
  const service = await startService(onDatabase(connection));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const authorization = `Bearer ${await service.createKey(['users:read'])}`;
    const prepare = (path: Path, user: Drawn): (() => Promise<void>) => {
      if (path.kind === 'http') {
        const url = `${service.url}${path.request(user, sized)}`;
        return () => get(agent, url, authorization);
      }
      const statements = path.statements(user, sized);
      return () => runInTransaction(client, statements);
    };
    const results: PathTimes[] = [];
    for (const path of paths) {
      progress(path.title);
      const times: number[] = [];
      for (const user of drawn) {
        const run = prepare(path, user);
        const startedAt = performance.now();
        await run();
        times.push(performance.now() - startedAt);
      }
      const measured = times.slice(WARM_UPS);
      const { title } = path;
      results.push({ title, p50Ms: quantile(measured, 0.5), p99Ms: quantile(measured, 0.99) });
    }
    return results;
  } finally {
    agent.destroy();
    await service.stop();
  }
}

async function runInTransaction(client: Client, statements: readonly string[]): Promise<void> {
  if (statements.length === 1) {
    await client.query(statements[0] ?? '');
    return;
  }
  await client.query('begin');
  for (const statement of statements) await client.query(statement);
  await client.query('commit');
}

function get(agent: Agent, url: string, authorization: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers: { authorization } }, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${url}: status ${response.statusCode}`));
      });
    });
    sent.once('error', reject).end();
  });
}
