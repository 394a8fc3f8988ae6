import { describe, expect, test } from 'vitest';
import {
  createPostgresEventFeed,
  createPostgresEventNumbering,
} from '../../src/infrastructure/database/postgres/event-feed.ts';
import { createPostgresOutboxAdministration } from '../../src/infrastructure/database/postgres/outbox-queue.ts';
import type { SqlConnection } from '../../src/infrastructure/database/sql.ts';
import type { DatabaseImplementation } from './databases.ts';
import { createSignal, ids, useDatabase } from './fixtures.ts';

const USER = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f';
const HOUR_MS = 3_600_000;
const all = { after: 0, window: 1_000, limit: 1_000, types: null, userId: null };

/** Inserts events as any build does: without a number. */
async function insertEvents(
  connection: SqlConnection,
  events: readonly { type?: string; userId?: string; version?: number; ageHours?: number }[],
): Promise<void> {
  for (const { type = 'user.updated', userId = USER, version = 1, ageHours = 0 } of events) {
    await connection.query(
      `insert into outbox (id, user_id, user_version, type, data, request_id, occurred_at)
       values ($1, $2, $3, $4, '{}', 'r', now() - $5 * interval '1 hour')`,
      [ids.next(), userId, version, type, ageHours],
    );
  }
}

const versions = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ version: index + 1 }));

export function describeEventFeedContract(implementation: DatabaseImplementation): void {
  describe(`EventFeed and EventNumbering (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const numbering = () => createPostgresEventNumbering(database());
    const feed = () => createPostgresEventFeed(database());

    test('an empty feed has no event and ends at 0', async () => {
      expect(await numbering().number(10)).toEqual({ numbered: 0, newest: 0 });
      expect(await feed().findBounds()).toEqual({ first: 1, last: 0, lastId: null });
      expect(await feed().list(all)).toMatchObject({ first: 1, last: 0, events: [] });
    });

    test('the backlog is what has no number yet, with the age of the oldest', async () => {
      expect(await numbering().findBacklog()).toEqual({ waiting: 0, oldestAgeMs: 0 });
      await insertEvents(database(), [{ ageHours: 3 }, { ageHours: 2 }, {}]);
      await numbering().number(1);
      const { waiting, oldestAgeMs } = await numbering().findBacklog();
      expect(waiting).toBe(2);
      expect(Math.round(oldestAgeMs / HOUR_MS)).toBe(2);
      await numbering().number(10);
      expect(await numbering().findBacklog()).toEqual({ waiting: 0, oldestAgeMs: 0 });
    });

    test('numbers are dense and follow the order of a user, in batches', async () => {
      await insertEvents(database(), versions(25));
      expect(await numbering().number(10)).toEqual({ numbered: 10, newest: 10 });
      expect(await numbering().number(10)).toEqual({ numbered: 10, newest: 20 });
      expect(await numbering().number(10)).toEqual({ numbered: 5, newest: 25 });
      const { events, last } = await feed().list(all);
      expect(events.map(({ sequence }) => sequence)).toEqual(versions(25).map((e) => e.version));
      expect(events.map(({ event }) => event.userVersion)).toEqual(
        versions(25).map((e) => e.version),
      );
      expect(last).toBe(25);
      expect((await feed().findBounds()).lastId).toBe(events.at(-1)?.id);
    });

    test('a commit that comes late gets a later number, and hides none of the others', async () => {
      if (!implementation.capabilities.parallelTransactions) return;
      const [open, commit] = [createSignal(), createSignal()];
      const late = database().transaction(async (transaction) => {
        await insertEvents(transaction, [{ version: 100 }]);
        open.fire();
        await commit.fired;
      });
      await open.fired;
      await insertEvents(database(), [{ version: 1 }]);
      expect(await numbering().number(10)).toEqual({ numbered: 1, newest: 1 });
      commit.fire();
      await late;
      expect(await numbering().number(10)).toEqual({ numbered: 1, newest: 2 });
      const { events } = await feed().list(all);
      expect(events.map(({ event }) => event.userVersion)).toEqual([1, 100]);
    });

    test('several that number at once give each event one number', async () => {
      await insertEvents(database(), versions(200));
      const given = await Promise.all(Array.from({ length: 8 }, () => numbering().number(30)));
      expect(given.reduce((sum, { numbered }) => sum + numbered, 0)).toBe(200);
      const { events } = await feed().list(all);
      expect(events.map(({ sequence }) => sequence)).toEqual(versions(200).map((e) => e.version));
      expect(events.map(({ event }) => event.userVersion)).toEqual(
        versions(200).map((e) => e.version),
      );
    });

    test('a filter advances over what does not match, at most one window', async () => {
      const other = '0198c0de-4b6c-7d8e-9fa0-1b2c3d4e5f60';
      await insertEvents(database(), [
        ...versions(5),
        { userId: other, type: 'user.created' },
        ...versions(4),
      ]);
      await numbering().number(100);
      const list = (over: object) => feed().list({ ...all, ...over });
      const everything = (await list({})).events;
      const byUser = await list({ userId: other });
      expect(byUser.events.map(({ sequence }) => sequence)).toEqual([6]);
      const byType = await list({ types: ['user.created'], window: 5 });
      expect(byType).toMatchObject({ events: [], windowId: everything[4]?.id, last: 10 });
      const next = await list({ types: ['user.created'], after: 5, window: 5 });
      expect(next.events.map(({ sequence }) => sequence)).toEqual([6]);
      expect(next).toMatchObject({ afterId: everything[4]?.id, windowId: everything[9]?.id });
    });

    test('deletion moves the oldest number, however the rows are deleted', async () => {
      await insertEvents(database(), [{ ageHours: 3 }, { ageHours: 2 }, {}, {}]);
      await numbering().number(100);
      const administration = createPostgresOutboxAdministration(database());
      await database().query('delete from relay_lease');
      expect(await administration.deleteNumbered(HOUR_MS, 1)).toBe(1);
      expect(await feed().findBounds()).toMatchObject({ first: 2, last: 4 });
      expect(await administration.deleteNumbered(HOUR_MS, 100)).toBe(1);
      expect(await administration.deleteNumbered(HOUR_MS, 100)).toBe(0);
      expect(await feed().findBounds()).toMatchObject({ first: 3, last: 4 });
      await database().query('delete from outbox where sequence = 4');
      const { lastId } = await feed().findBounds();
      expect(await feed().findBounds()).toMatchObject({ first: 5, last: 4 });
      expect(await feed().list({ ...all, after: 4 })).toMatchObject({ afterId: lastId });
      await insertEvents(database(), [{}]);
      expect(await numbering().number(100)).toEqual({ numbered: 1, newest: 5 });
    });

    test('unpublished events stay while any relay has worked within the retention', async () => {
      await insertEvents(database(), [{ ageHours: 3 }]);
      await numbering().number(100);
      await database().query(
        `insert into relay_lease (name, holder, epoch, expires_at) values ('outbox', 'other', 1, now())
         on conflict (name) do update set expires_at = now()`,
      );
      const administration = createPostgresOutboxAdministration(database());
      expect(await administration.deleteNumbered(HOUR_MS, 100)).toBe(0);
      await database().query(`update relay_lease set expires_at = now() - interval '2 hours'`);
      expect(await administration.deleteNumbered(HOUR_MS, 100)).toBe(1);
      await database().query('delete from relay_lease');
    });
  });
}
