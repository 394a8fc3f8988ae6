import { Client } from 'pg';
import { quantile } from '../compare.ts';
import { type Context, copyWithPeople, type Result } from '../context.ts';
import { fillOutbox } from './drain.ts';

const EVENTS = 100_000;
const QUICK_EVENTS = 20_000;
/** As the task that numbers, and as a claim of the relay. */
const BATCH = 2_000;
const CLAIM = 512;
/** Claims of each kind, in turns. */
const CLAIMS = 500;
const QUICK_CLAIMS = 200;
const QUEUE_START = `'00000000-0000-0000-0000-000000000000', -1`;

/** Measures how fast committed events get their numbers, and what the numbers add to a claim of the relay. */
export async function measureNumbering(context: Context): Promise<Result[]> {
  const { postgres, options, progress } = context;
  const name = 'bench_numbering';
  const { database } = await copyWithPeople(context, name);
  const client = new Client({ ...database });
  await client.connect();
  try {
    const count = options.quick ? QUICK_EVENTS : EVENTS;
    progress(`n: numbers for ${count} events`);
    await fillOutbox(postgres, name, count);
    await postgres.query('vacuum analyze outbox', name);
    const { perSecond, batchMs } = await numberAll(client);
    await client.query('truncate outbox');
    progress('n: claims with and without numbers');
    const claimCount = options.quick ? QUICK_CLAIMS : CLAIMS;
    const claims = await measureClaims(client, claimCount);
    await client.query('set synchronous_commit = off');
    const unsynced = await measureClaims(client, claimCount);
    return [
      {
        ...{ kind: 'value', id: 'o1', value: perSecond, unit: '/s', target: 20_000 },
        title: `numbers for ${count.toLocaleString('en')} waiting events`,
      },
      {
        ...{ kind: 'value', id: 'o2', value: batchMs, unit: 'ms' },
        title: `p50 of a batch of ${BATCH.toLocaleString('en')} numbers`,
      },
      {
        ...{ kind: 'value', id: 'o3', value: claims.plainMs, unit: 'ms' },
        title: 'p50 of a claim of one event, without numbers',
      },
      {
        ...{ kind: 'value', id: 'o4', value: claims.numberedMs - claims.plainMs, unit: 'ms' },
        ...{ title: 'the same with its number, above that', target: 1 },
      },
      {
        ...{ kind: 'value', id: 'o5', value: unsynced.numberedMs - unsynced.plainMs, unit: 'ms' },
        title: 'of it, without the wait for the disk that the commit of a number takes',
      },
    ];
  } finally {
    await client.end();
    await postgres.dropDatabase(name);
  }
}

async function numberAll(client: Client): Promise<{ perSecond: number; batchMs: number }> {
  const batches: number[] = [];
  const beganAt = performance.now();
  let total = 0;
  for (;;) {
    const batchAt = performance.now();
    const { rows } = await client.query<{ numbered: number }>({
      ...{ name: 'number', text: 'select numbered from number_events($1)', values: [BATCH] },
    });
    const numbered = rows[0]?.numbered ?? 0;
    total += numbered;
    if (numbered === BATCH) batches.push(performance.now() - batchAt);
    if (numbered < BATCH) break;
  }
  const seconds = (performance.now() - beganAt) / 1_000;
  return { perSecond: total / seconds, batchMs: quantile(batches, 0.5) };
}

/** One new event for each claim, as under a moderate load. */
async function measureClaims(
  client: Client,
  count: number,
): Promise<{ plainMs: number; numberedMs: number }> {
  const times = { waiting_events: [] as number[], claim_events: [] as number[] };
  for (let index = 0; index < 2 * count; index += 1) {
    const name = index % 2 === 0 ? 'waiting_events' : 'claim_events';
    await client.query(
      `insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
       values (gen_random_uuid(), gen_random_uuid(), 1, 'user.created', '{"status": "active"}', 'bench', now())`,
    );
    const beganAt = performance.now();
    const text = `select * from ${name}(${QUEUE_START}, $1)`;
    const { rowCount } = await client.query({ name, text, values: [CLAIM] });
    times[name].push(performance.now() - beganAt);
    if (rowCount !== 1) throw new Error(`${rowCount} events were claimed`);
    await client.query('select number_events(10)');
    await client.query('update outbox set published_at = now() where published_at is null');
  }
  return {
    plainMs: quantile(times.waiting_events, 0.5),
    numberedMs: quantile(times.claim_events, 0.5),
  };
}
