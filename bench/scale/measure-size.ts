import { Agent, request } from 'node:http';
import { Client } from 'pg';
import type { PostgresServer } from '../../test/support/postgres-server.ts';
import { populateForSearch } from '../../test/support/search-population.ts';
import { quantile } from '../compare.ts';
import { onDatabase } from '../context.ts';
import { type Service, startService } from '../service.ts';
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

/** A filled database with a service of its own. */
export interface FilledSize {
  readonly size: number;
  readonly client: Client;
  readonly drawn: readonly Drawn[];
  readonly sized: Sized;
  readonly service: Service;
  readonly authorization: string;
  /** Stops the service and closes the connection. */
  close(): Promise<void>;
}

/** Fills a database with users and starts a service on it. */
export async function fillSize(deps: {
  readonly postgres: PostgresServer;
  readonly size: number;
  readonly samples: number;
  progress(text: string): void;
}): Promise<FilledSize> {
  const { postgres, size, samples } = deps;
  const connection = await postgres.createDatabase(`scale_${size}`);
  // The start creates the schema.
  const first = await startService(onDatabase(connection));
  await first.stop();
  const client = new Client(connection);
  await client.connect();
  const sized = await fill(client, size, (text) => deps.progress(`${sizeAsText(size)}: ${text}`));
  const drawn = await drawUsers(client, samples + WARM_UPS);
  const service = await startService(onDatabase(connection));
  return {
    ...{ size, client, drawn, sized, service },
    authorization: `Bearer ${await service.createKey(['users:read'])}`,
    async close() {
      await service.stop();
      await client.end();
    },
  };
}

async function fill(
  client: Client,
  size: number,
  progress: (text: string) => void,
): Promise<Sized> {
  await populateForSearch(client, size, progress);
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

/**
 * Measures one path at every size, one request at a time: each sample visits all sizes, so that a slower moment of the
 * machine is in all of them.
 * @returns the times of each size, in the order of `filled`
 */
export async function measurePath(
  path: Path,
  filled: readonly FilledSize[],
): Promise<readonly PathTimes[]> {
  const agent = new Agent({ keepAlive: true });
  const times = filled.map((): number[] => []);
  try {
    const samples = filled[0]?.drawn.length ?? 0;
    for (let sample = 0; sample < samples; sample += 1) {
      for (let turn = 0; turn < filled.length; turn += 1) {
        // Another size comes first each time.
        const index = (sample + turn) % filled.length;
        const one = filled[index];
        const user = one?.drawn[sample];
        if (one === undefined || user === undefined) throw new Error('the sizes have no users');
        const run = prepare(path, one, user, agent);
        const startedAt = performance.now();
        await run();
        times[index]?.push(performance.now() - startedAt);
      }
    }
  } finally {
    agent.destroy();
  }
  return times.map((all) => {
    const measured = all.slice(WARM_UPS);
    const { title } = path;
    return { title, p50Ms: quantile(measured, 0.5), p99Ms: quantile(measured, 0.99) };
  });
}

function prepare(path: Path, one: FilledSize, user: Drawn, agent: Agent): () => Promise<void> {
  if (path.kind === 'http') {
    const url = `${one.service.url}${path.request(user, one.sized)}`;
    return () => get(agent, url, one.authorization);
  }
  const statements = path.statements(user, one.sized);
  return () => runInTransaction(one.client, statements);
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
