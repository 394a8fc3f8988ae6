import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { WaitingEvent } from '../../../src/domain/outbox/outbox-queue.ts';
import {
  createPostgresDeadEvents,
  createPostgresOutboxQueue,
} from '../../../src/infrastructure/database/postgres/outbox-queue.ts';
import type { Database, SqlConnection } from '../../../src/infrastructure/database/sql.ts';
import { type NatsServer, startNats } from '../../support/nats-server.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import { expectEveryEvent, startRelay, waitUntilDrained } from '../../support/relay.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const ANN = '0198a000-0000-7000-8000-00000000000a';
const BOB = '0198a000-0000-7000-8000-00000000000b';
const LIMIT = 512;
const NONE: ReadonlyMap<string, number> = new Map();

let database: Database;

beforeEach(async () => {
  database = await connectPostgres((await createTestDatabase()).connectionOptions, {
    statementTimeoutMs: 60_000,
  });
});

/** Appends events with their numbers, as the sequencer gives them soon after a commit; `userId` is an expression over `n`. */
async function fill(count: number, userId: string): Promise<void> {
  await database.query(
    `insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
     select md5('event ' || n || random())::uuid, ${userId}, case when ${userId} is not null then n end,
       'user.updated', '{"changed_fields": ["phone"]}', 'request-1', now()
     from generate_series(1, ${count}) n`,
  );
  await database.query('select number_events($1)', [count]);
  // As autovacuum does: numbering has left a dead version of each row.
  await database.query('vacuum analyze outbox');
}

const SHAPES = [
  ['one user', `'${ANN}'::uuid`],
  ['no user', 'null::uuid'],
  ['as many users', `md5('user ' || n)::uuid`],
  ['ten users', `md5('user ' || n % 10)::uuid`],
] as const;

/** A queue that counts the pages which its statements read. */
function createMeasuredQueue() {
  const measured = { pages: 0, statements: 0 };
  const connection: SqlConnection = {
    ...database,
    async query<Row>(text: string, values?: readonly unknown[], name?: string) {
      const { rows } = await database.query<{ 'QUERY PLAN': readonly { Plan: Plan }[] }>(
        `explain (analyze, buffers, format json) ${text}`,
        values,
      );
      const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
      measured.pages += (plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0);
      measured.statements += 1;
      return database.query<Row>(text, values, name);
    },
  };
  return { measured, queue: createPostgresOutboxQueue(connection) };
}

interface Plan {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** Two pages for each event, and the way to the first one. */
const MOST_PAGES = 2 * LIMIT + 100;

describe('a claim from 100,000 waiting events', () => {
  test.each(SHAPES)('of %s reads what it returns', async (_, userId) => {
    await fill(100_000, userId);
    const { measured, queue } = createMeasuredQueue();
    const claimed = await queue.claim(NONE, LIMIT, null);
    expect(claimed.events).toHaveLength(LIMIT);
    expect(measured.pages).toBeLessThanOrEqual(MOST_PAGES);
    // While these are in flight, the next claim goes on behind them and reads no more.
    measured.pages = 0;
    const busy = countByUser(claimed.events);
    await queue.claim(busy, LIMIT, claimed.next);
    await queue.claim(busy, LIMIT, null);
    expect(measured.pages).toBeLessThanOrEqual(2 * MOST_PAGES);
  });

  test('of a user who is held back by a dead letter finds the event of another user in two claims', async () => {
    await fill(100_000, `'${ANN}'::uuid`);
    await fill(1, `'${BOB}'::uuid`);
    await database.query(`update outbox set attempts = 10, parked_at = now() where position = 1`);
    const { measured, queue } = createMeasuredQueue();
    const first = await queue.claim(NONE, LIMIT, null);
    expect(first).toEqual({ events: [], next: ANN, passedBusy: false });
    const second = await queue.claim(NONE, LIMIT, first.next);
    expect(second.events.map(({ userKey }) => userKey)).toEqual([BOB]);
    expect(second.next).toBeNull();
    expect(measured.pages).toBeLessThanOrEqual(2 * MOST_PAGES);
  });
});

/** How many of these events each user has. */
function countByUser(events: readonly WaitingEvent[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { userKey } of events) counts.set(userKey, (counts.get(userKey) ?? 0) + 1);
  return counts;
}

describe('a claim', () => {
  const positions = (events: readonly WaitingEvent[]) => events.map(({ position }) => position);

  test('gives the events of a user from the first one on, up to one that is held back', async () => {
    await fill(5, `'${ANN}'::uuid`);
    await database.query(
      `update outbox set attempts = 1, next_attempt_at = now() + interval '30 seconds' where position = 4`,
    );
    const queue = createPostgresOutboxQueue(database);
    expect(positions((await queue.claim(NONE, 10, null)).events)).toEqual(['1', '2', '3']);
    expect(positions((await queue.claim(NONE, 2, null)).events)).toEqual(['1', '2']);
    expect((await queue.claim(new Map([[ANN, 3]]), 10, null)).events).toEqual([]);
  });

  test('tells whether users who are busy have more than is in flight', async () => {
    await fill(3, `'${ANN}'::uuid`);
    await fill(1, `'${BOB}'::uuid`);
    const queue = createPostgresOutboxQueue(database);
    const claim = (inFlight: number) => queue.claim(new Map([[ANN, inFlight]]), 10, null);
    expect(await claim(2)).toMatchObject({ events: [{ userKey: BOB }], passedBusy: true });
    expect(await claim(3)).toMatchObject({ events: [{ userKey: BOB }], passedBusy: false });
    expect(await queue.claim(NONE, 10, null)).toMatchObject({ passedBusy: false });
  });

  test('numbers what waits first, and holds back what has no number yet', async () => {
    await database.query(
      `insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
       select gen_random_uuid(), $1, n, 'user.updated', '{}', 'request-1', now() from generate_series(1, 5) n`,
      [ANN],
    );
    const queue = createPostgresOutboxQueue(database);
    expect(positions((await queue.claim(NONE, 3, null)).events)).toEqual(['1', '2', '3']);
    expect(positions((await queue.claim(NONE, 9, null)).events)).toEqual(['1', '2', '3', '4', '5']);
    const { rows } = await database.query<{ sequence: string }>(
      'select sequence from outbox order by position',
    );
    expect(rows.map(({ sequence }) => Number(sequence))).toEqual([1, 2, 3, 4, 5]);
  });

  test('goes through every user once, whatever its limit', async () => {
    await fill(300, `md5('user ' || n % 30)::uuid`);
    await fill(20, 'null::uuid');
    const queue = createPostgresOutboxQueue(database);
    const keys: string[] = [];
    let next: string | null = null;
    do {
      const claimed = await queue.claim(NONE, 3, next);
      keys.push(...new Set(claimed.events.map(({ userKey }) => userKey)));
      next = claimed.next;
    } while (next !== null);
    expect(keys).toHaveLength(50);
    expect(new Set(keys).size).toBe(50);
  });

  test('holds no event without a user back for another one', async () => {
    await fill(3, 'null::uuid');
    await database.query(`update outbox set attempts = 10, parked_at = now() where position = 1`);
    const queue = createPostgresOutboxQueue(database);
    const { events } = await queue.claim(NONE, 10, null);
    expect(positions(events).sort()).toEqual(['2', '3']);
    expect(await createPostgresDeadEvents(database).list(10)).toMatchObject([{ waitingBehind: 0 }]);
  });
});

describe('the relay with a backlog', () => {
  let nats: NatsServer;
  beforeAll(async () => {
    nats = await startNats({ jetstream: true });
  });
  afterAll(() => nats.stop());

  test.each(SHAPES)('of %s publishes every event, many with each claim', async (_, userId) => {
    await nats.replaceStore();
    await fill(10_000, userId);
    let claims = 0;
    const counted: Database = {
      ...database,
      query: (text, values, name) => {
        if (text.includes('as "user_key"')) claims += 1;
        return database.query(text, values, name);
      },
    };
    const { relay } = await startRelay({
      database: counted,
      url: nats.url,
      settings: { pollMs: 60_000 },
    });
    await expectEveryEvent(database, await waitUntilDrained(database, nats.url, 30_000));
    expect(relay.stats()).toMatchObject({ published: 10_000, unknown: 0, refused: 0 });
    expect(claims).toBeLessThan(1_000);
  });
});
