import { describe, expect, test } from 'vitest';
import { MAX_VERSION } from '../../src/domain/user/user.ts';
import {
  createPostgresEventAudit,
  createPostgresEventRestorations,
} from '../../src/infrastructure/database/postgres/event-audit.ts';
import {
  createPostgresEventFeed,
  createPostgresEventNumbering,
} from '../../src/infrastructure/database/postgres/event-feed.ts';
import type { DatabaseImplementation } from './databases.ts';
import { ids, inTransaction, register, useDatabase } from './fixtures.ts';

export function describeEventAuditContract(implementation: DatabaseImplementation): void {
  describe(`EventAudit and EventRestorations (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const audit = () => createPostgresEventAudit(database());
    const restorations = () => createPostgresEventRestorations(database());
    const number = () => createPostgresEventNumbering(database()).number(100);
    const bounds = () => createPostgresEventFeed(database()).findBounds();

    /** Marks events as published at these places; hours since then. */
    async function mark(places: readonly (readonly [id: string, place: number, hours?: number])[]) {
      for (const [id, place, hours = 0] of places) {
        await database().query(
          `update outbox set stream_sequence = $2, published_at = now() - $3 * interval '1 hour' where id = $1`,
          [id, place, hours],
        );
      }
    }
    async function eventIds(): Promise<string[]> {
      const sql = 'select id from outbox order by position';
      return (await database().query<{ id: string }>(sql)).rows.map(({ id }) => id);
    }

    test('tells the places of events, and which are marked in a range', async () => {
      const users = [];
      for (let count = 0; count < 4; count += 1) users.push(await register(database()));
      const [one = '', two = '', three = '', four = ''] = await eventIds();
      await mark([
        [one, 5, 30],
        [two, 6],
        [three, 9],
      ]);
      const marks = await audit().findMarks([two, four, ids.next(), 'not an id']);
      expect([...marks]).toEqual(
        expect.arrayContaining([
          [two, 6],
          [four, null],
        ]),
      );
      expect(marks.size).toBe(2);
      expect(await audit().listMarked(6, Number.MAX_SAFE_INTEGER)).toEqual([
        { id: two, type: 'user.created', userId: users[1]?.id, userVersion: 1, streamSequence: 6 },
        {
          id: three,
          type: 'user.created',
          userId: users[2]?.id,
          userVersion: 1,
          streamSequence: 9,
        },
      ]);
      expect(await audit().countMarkedBefore(9, null)).toBe(2);
      expect(await audit().countMarkedBefore(9, 24 * 3_600_000)).toBe(1);
      expect(await audit().findBounds()).toEqual({ first: 1, restored: 0, waiting: 1 });
    });

    test('a resync begins above every version and number, once until it is finished', async () => {
      const user = await register(database());
      await database().query('update users set version = 7 where id = $1', [user.id]);
      await number();
      expect(await restorations().find()).toBeNull();
      await restorations().begin();
      const first = await restorations().find();
      expect(first).toMatchObject({ version: 1_000_007, sequence: 1_000_000_002 });
      expect(await bounds()).toEqual({ first: 1_000_000_002, last: 1_000_000_001, lastId: null });
      await restorations().begin();
      expect(await restorations().find()).toEqual(first);
      await restorations().finish();
      expect(await restorations().find()).toBeNull();
      await register(database());
      expect(await number()).toEqual({ numbered: 1, newest: 1_000_000_002 });
      expect(await audit().findBounds()).toMatchObject({ restored: 1_000_000_002 });
    });

    test('a resync of a database without events, or with the highest version, begins as well', async () => {
      const user = await register(database());
      await database().query('truncate outbox, event_counter');
      await database().query('update users set version = $2 where id = $1', [
        user.id,
        MAX_VERSION - 1,
      ]);
      await restorations().begin();
      expect(await restorations().find()).toMatchObject({
        version: MAX_VERSION,
        sequence: 1_000_000_001,
      });
    });

    test('webhooks go on behind the gap, and count only events without deliveries as skipped', async () => {
      for (let count = 0; count < 3; count += 1) await register(database());
      await number();
      await database().query(
        `insert into webhook_endpoints (id, url, ordered, queued_sequence)
         values ($1, 'https://a.example', false, 3), ($2, 'https://b.example', true, 1)`,
        [ids.next(), ids.next()],
      );
      await restorations().begin();
      const { rows } = await database().query(
        `select queued_sequence::float8 as queued, skipped_events::integer as skipped
         from webhook_endpoints order by url`,
      );
      expect(rows).toEqual([
        { queued: 1_000_000_003, skipped: 0 },
        { queued: 1_000_000_003, skipped: 2 },
      ]);
    });

    test('knows users, and deletions that wait', async () => {
      const user = await register(database());
      const [waiting, published, unknown] = [ids.next(), ids.next(), ids.next()];
      await inTransaction(database(), ({ outbox }) =>
        outbox.append(
          [waiting, published].map((userId) => ({
            ...{ type: 'user.deleted', userId, userVersion: 9, data: {} },
          })) as never,
        ),
      );
      await database().query('update outbox set published_at = now() where user_id = $1', [
        published,
      ]);
      const known = await restorations().listKnownUsers([user.id, waiting, published, unknown]);
      expect([...known].sort()).toEqual([user.id, waiting].sort());
      expect(await restorations().listKnownUsers([])).toEqual(new Set());
    });

    test('users below a version are locked in id order, without later ones, and get it', async () => {
      const all: string[] = [];
      for (let count = 0; count < 5; count += 1) all.push((await register(database())).id);
      const [, , third = '', fourth = '', fifth = ''] = all.sort();
      await database().query('update users set version = 100 where id = $1', [third]);
      await database().query(`update users set created_at = now() + interval '1 h' where id = $1`, [
        fifth,
      ]);
      const { rows } = await database().query<{ now: Date }>('select now() as now');
      const range = { version: 100, createdBefore: rows[0]?.now ?? new Date(), limit: 10 };
      await inTransaction(database(), async ({ users }) => {
        const page = await users.lockBelowVersion({ ...range, afterId: null, limit: 2 });
        expect(page.map(({ id }) => id)).toEqual(all.slice(0, 2));
        const rest = await users.lockBelowVersion({ ...range, afterId: page[1]?.id ?? null });
        expect(rest.map(({ id }) => id)).toEqual([fourth]);
        await users.updateVersions([...page, ...rest], 100);
        expect(await users.lockBelowVersion({ ...range, afterId: null })).toEqual([]);
      });
      const stored = await database().query<{ version: number }>(
        'select version from users order by id',
      );
      expect(stored.rows.map(({ version }) => version)).toEqual([100, 100, 100, 100, 1]);
    });
  });
}
