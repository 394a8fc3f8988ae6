import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { ConnectionOptions } from '../../support/postgres-server.ts';
import { PASSWORD } from '../support.ts';

/** A service under load. */
export interface StormTarget {
  readonly url: () => string;
  /** A service key with `users:admin` and `users:write`. */
  readonly key: string;
  /** Runs one statement in the database of the service, and may wait in a row with others. */
  readonly query: (sql: string) => Promise<unknown>;
  /** For transactions of the test's own; absent where the service has the only connection. */
  readonly connection?: ConnectionOptions;
}

/** Writers at full speed, until `stop`. */
export interface Storm {
  /** Responses by status, failed requests, and transactions of the test's own by their end. */
  readonly counts: Readonly<Record<string, number>>;
  /** Resolves when no writer writes, until `resume`. */
  pause(): Promise<void>;
  resume(): void;
  /** More than a filtered read of the feed looks at, none of them about a user. */
  burst(): Promise<void>;
  /** Resolves when every writer has ended its last request or transaction. */
  stop(): Promise<void>;
}

/** Writers over the API, one that changes users as fast as the database can, and writers with transactions of their own that stay open for seconds. */
const API_WRITERS = 4;
const SQL_WRITERS = 3;
const LONGEST_TRANSACTION_MS = 2_500;
/** Users that only the transactions of the test change: their locks would stop the other writers. */
const LOCKED_USERS = 40;
/** Users that the fast writer prefers, and how often: a copy gets several versions of them at once. */
const HOT_USERS = 8;
const HOT_SHARE = 0.7;
/** Between two changes of the fast writer: the embedded database runs in the process of the test. */
const FAST_PAUSE_MS = 1;
const BURST = 6_000;
const TIMEOUT_MS = 20_000;

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Inserts users without events, as an import of an existing table does. */
export async function populate(
  query: StormTarget['query'],
  users: number,
): Promise<readonly string[]> {
  const ids = Array.from({ length: users }, () => randomUUID());
  await query(
    `insert into users (id, first_name, last_name, email, password)
     select id::uuid, 'Ada', 'Number ' || number, 'seed' || number || '@example.com', 'no hash'
     from unnest('{${ids.join(',')}}'::text[]) with ordinality as seed (id, number)`,
  );
  return ids;
}

/** What a writer has of the storm. */
interface Wind {
  readonly random: () => number;
  readonly count: (what: string) => void;
  readonly isBlowing: () => boolean;
}

export function startStorm(
  target: StormTarget,
  ids: readonly string[],
  random: () => number,
): Storm {
  const counts: Record<string, number> = {};
  const { connection } = target;
  let isBlowing = true;
  let writers: Promise<void>[] = [];
  const wind: Wind = {
    random,
    count: (what) => {
      counts[what] = (counts[what] ?? 0) + 1;
    },
    isBlowing: () => isBlowing,
  };
  /** The users of one of the writers with transactions of their own: no two of them wait for each other. */
  const lockedBy = (writer: number) =>
    ids.slice(0, LOCKED_USERS).filter((_id, index) => index % SQL_WRITERS === writer);

  function start(): void {
    isBlowing = true;
    writers = Array.from({ length: API_WRITERS }, () =>
      writeOverApi(target, ids.slice(LOCKED_USERS), wind),
    );
    writers.push(writeFast(target, ids.slice(LOCKED_USERS), wind));
    if (connection === undefined) return;
    for (let writer = 0; writer < SQL_WRITERS; writer += 1) {
      writers.push(writeInTransactions(connection, lockedBy(writer), wind));
    }
  }
  async function stop(): Promise<void> {
    isBlowing = false;
    await Promise.all(writers);
  }

  start();
  return {
    ...{ counts, stop, pause: stop, resume: start },
    async burst() {
      await target.query(
        `insert into outbox (id, type, data, request_id, occurred_at)
         select gen_random_uuid(), 'authentication.failed', '{"reason": "unknown_email"}', 'burst', now()
         from generate_series(1, ${BURST})`,
      );
    },
  };
}

async function writeOverApi(
  { url, key }: StormTarget,
  seeded: readonly string[],
  { random, count, isBlowing }: Wind,
): Promise<void> {
  const ids = [...seeded];
  const pick = (): string => ids[Math.floor(random() * ids.length)] ?? '';
  const fresh = (): string => `storm-${randomUUID()}@example.com`;

  async function call(method: string, path: string, body?: object): Promise<void> {
    const patch = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    try {
      const response = await fetch(url() + path, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': patch }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      count(String(response.status));
      if (response.status === 201) ids.push(JSON.parse(text).id);
    } catch {
      // The service was killed. The change may have been committed.
      count('cut off');
      await sleep(50);
    }
  }

  while (isBlowing()) {
    const die = random();
    const path = `/v1/users/${pick()}`;
    if (die < 0.1) {
      const email = fresh();
      await call('POST', '/v1/users', {
        ...{ first_name: 'Eve', last_name: 'Adeyemi', email, password: PASSWORD },
      });
    } else if (die < 0.55) await call('PATCH', path, { last_name: `Name ${random()}` });
    else if (die < 0.65) await call('PATCH', path, { email: fresh() });
    // An address that another user has: the transaction is rolled back.
    else if (die < 0.75) await call('PATCH', path, { email: 'seed1@example.com' });
    else if (die < 0.85) await call('POST', `${path}/disable`, { reason: 'test' });
    else if (die < 0.93) await call('POST', `${path}/enable`, { reason: 'test' });
    else await call('DELETE', path);
  }
}

/** Changes users as the service does with `events.include`, each in a statement of its own. */
async function writeFast(
  { query }: StormTarget,
  ids: readonly string[],
  { random, count, isBlowing }: Wind,
): Promise<void> {
  while (isBlowing()) {
    const among = random() < HOT_SHARE ? HOT_USERS : ids.length;
    const id = ids[Math.floor(random() * among)];
    await query(
      `with changed as (
         update users set version = version + 1, last_name = 'Fast ' || version, updated_at = now()
         where id = '${id}' returning id, version, last_name
       )
       insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
       select gen_random_uuid(), id, version, 'user.updated',
         jsonb_build_object('changed_fields', array['last_name'],
           'values', jsonb_build_object('last_name', last_name)),
         'storm', now()
       from changed`,
    );
    count('fast');
    await sleep(FAST_PAUSE_MS);
  }
}

/** Changes users as the service does, in transactions that stay open and of which each second one is rolled back. */
async function writeInTransactions(
  connection: ConnectionOptions,
  ids: readonly string[],
  { random, count, isBlowing }: Wind,
): Promise<void> {
  const client = new Client({ ...connection });
  client.on('error', () => {});
  await client.connect();
  try {
    while (isBlowing()) {
      await client.query('begin');
      for (let changes = 1 + Math.floor(random() * 3); changes > 0; changes -= 1) {
        await changeUser(client, ids[Math.floor(random() * ids.length)] ?? '', random() < 0.1);
      }
      await sleep(random() * LONGEST_TRANSACTION_MS);
      const end = random() < 0.5 ? 'commit' : 'rollback';
      await client.query(end);
      count(end);
    }
  } finally {
    await client.end();
  }
}

async function changeUser(client: Client, id: string, isDeletion: boolean): Promise<void> {
  const change = isDeletion
    ? 'delete from users where id = $1 returning version + 1 as version'
    : `update users set version = version + 1, last_name = 'Slow ' || version, updated_at = now()
       where id = $1 returning version`;
  const { rows } = await client.query<{ version: number }>(change, [id]);
  const version = rows[0]?.version;
  if (version === undefined) return;
  await client.query(
    `insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
     values (gen_random_uuid(), $1, $2, $3, $4, 'storm', now())`,
    isDeletion
      ? [id, version, 'user.deleted', '{}']
      : [id, version, 'user.updated', '{"changed_fields": ["last_name"]}'],
  );
}
