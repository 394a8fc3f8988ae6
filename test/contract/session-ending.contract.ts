import { describe, expect, test } from 'vitest';
import type { EndedSessions } from '../../src/domain/session/session-ending.ts';
import { createPostgresSessionEnding } from '../../src/infrastructure/database/postgres/session-ending.ts';
import type { SqlConnection } from '../../src/infrastructure/database/sql.ts';
import { createSystemClock } from '../../src/infrastructure/system/clock.ts';
import type { DatabaseImplementation } from './databases.ts';
import { ids, inTransaction, storeUser, useDatabase } from './fixtures.ts';

/** What one statement returned. */
interface Statement {
  readonly text: string;
  readonly rows: number;
}

/** The promises of SessionEnding. */
export function describeSessionEndingContract(implementation: DatabaseImplementation): void {
  describe(`SessionEnding (${implementation.name})`, () => {
    const database = useDatabase(implementation);

    /** All at the same time, as the worst case for an order by time. */
    async function addSessions(userId: string, count: number): Promise<void> {
      await database().query(
        `insert into sessions (id, user_id, expires_at, absolute_expires_at, refresh_hash)
         select make_event_id(), $1, now() + interval '1 hour', now() + interval '1 hour', ''::bytea
         from generate_series(1, $2::integer)`,
        [userId, count],
      );
    }

    async function count(sql: string): Promise<number> {
      const { rows } = await database().query<{ count: string }>(sql);
      return Number(rows[0]?.count);
    }

    /** Ends all sessions of a user in a transaction, and records the statements. */
    async function endAll(userId: string): Promise<{ ended: EndedSessions; sent: Statement[] }> {
      const sent: Statement[] = [];
      const stamp = { ids, clock: createSystemClock(), requestId: 'request-7' };
      const ended = await database().transaction((connection) => {
        const watched: SqlConnection = {
          async query<Row>(text: string, values?: readonly unknown[], name?: string) {
            const result = await connection.query<Row>(text, values, name);
            sent.push({ text, rows: result.rows.length });
            return result;
          },
        };
        const ending = createPostgresSessionEnding(watched, stamp);
        return ending.end({ id: userId, version: 3 }, { all: true }, 'ended_by_user');
      });
      return { ended, sent };
    }

    test('ends 20,001 sessions in statements of 10,000, each with one event and one revocation', async () => {
      const { id } = await storeUser(database());
      await addSessions(id, 20_001);
      const { ended, sent } = await endAll(id);
      expect(ended).toMatchObject({ userId: id, count: 20_001, sessionIds: null });
      // One row each, however many sessions it ended; the last one is for the revocation of the user.
      expect(sent.map(({ rows }) => rows)).toEqual([1, 1, 1, 1]);
      expect(await count('select count(*) from sessions')).toBe(0);
      expect(
        await count(`select count(*) from session_revocations where kind = 'session_of_user'`),
      ).toBe(20_001);
      expect(
        await count(
          `select count(distinct data ->> 'session_id') from outbox
           join session_revocations on session_id = (data ->> 'session_id')::uuid
           where type = 'session.ended' and outbox.user_id = '${id}' and user_version = 3
             and data ->> 'reason' = 'ended_by_user' and request_id = 'request-7'`,
        ),
      ).toBe(20_001);
    });

    test('a statement full of expired sessions does not hide the live ones after them', async () => {
      const { id } = await storeUser(database());
      await database().query(
        `insert into sessions (id, user_id, expires_at, absolute_expires_at, refresh_hash)
         select make_event_id(), $1, now() - interval '1 hour', now(), ''::bytea
         from generate_series(1, 10000)`,
        [id],
      );
      const last = 'ffffffff-ffff-7fff-bfff-ffffffffffff';
      await database().query(
        `insert into sessions (id, user_id, expires_at, absolute_expires_at, refresh_hash)
         values ($2, $1, now() + interval '1 hour', now() + interval '1 hour', ''::bytea)`,
        [id, last],
      );
      const { ended, sent } = await endAll(id);
      expect(ended).toMatchObject({ userId: id, count: 1, sessionIds: [last] });
      expect(sent).toHaveLength(2);
      expect(await count('select count(*) from session_revocations')).toBe(1);
      expect(await count('select count(*) from outbox')).toBe(1);
    });

    test.each([
      [1_000, true],
      [1_001, false],
    ])('with %i sessions, the ids are listed: %s', async (sessions, listed) => {
      const { id } = await storeUser(database());
      await addSessions(id, sessions);
      const { ended } = await endAll(id);
      expect(ended.count).toBe(sessions);
      expect(ended.sessionIds?.length ?? null).toBe(listed ? sessions : null);
    });

    test('the events have version 7 ids of the current time', async () => {
      const { id } = await storeUser(database());
      await addSessions(id, 50);
      await endAll(id);
      const { rows } = await database().query<{ id: string; position: string }>(
        'select id, position from outbox order by position',
      );
      expect(new Set(rows.map((row) => row.id)).size).toBe(50);
      for (const row of rows) {
        expect(row.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-/);
        const milliseconds = Number.parseInt(row.id.replace('-', '').slice(0, 12), 16);
        expect(Math.abs(milliseconds - Date.now())).toBeLessThan(60_000);
      }
    });

    test('ends the least recently used sessions beyond a number, 1,000 at a time', async () => {
      const { id } = await storeUser(database());
      await addSessions(id, 1_205);
      const { rows } = await database().query<{ id: string }>(
        `update sessions set last_used_at = now() + interval '1 minute'
         where id in (select id from sessions order by id limit 5) returning id`,
      );
      const trim = () =>
        inTransaction(database(), (tx) =>
          tx.sessionEnding.endSurplus({ id, version: 1 }, 5, 'session_limit'),
        );
      expect((await trim()).sessionIds).toHaveLength(1_000);
      expect((await trim()).count).toBe(200);
      expect(await trim()).toMatchObject({ userId: id, count: 0, sessionIds: [] });
      const { rows: kept } = await database().query<{ id: string }>('select id from sessions');
      expect(new Set(kept.map((row) => row.id))).toEqual(new Set(rows.map((row) => row.id)));
      expect(
        await count(`select count(*) from outbox where data ->> 'reason' = 'session_limit'`),
      ).toBe(1_200);
    });

    test.each([
      ['of the session', 'delete from sessions'],
      ['of the user', 'delete from users'],
      ['of the whole table', 'truncate sessions'],
      [
        'by a build that inserts the revocation itself',
        `with ended as (delete from sessions returning id, user_id)
         insert into session_revocations (session_id, user_id) select id, user_id from ended`,
      ],
    ])('a deletion by SQL leaves the revocation of each live session: %s', async (_what, sql) => {
      const { id } = await storeUser(database());
      await addSessions(id, 3);
      const { rows: live } = await database().query<{ id: string }>('select id from sessions');
      await database().query(
        `insert into sessions (id, user_id, expires_at, absolute_expires_at, refresh_hash)
         values (make_event_id(), $1, now() - interval '1 hour', now(), ''::bytea)`,
        [id],
      );
      await database().query(sql);
      const { rows } = await database().query<{ session_id: string }>(
        'select session_id from session_revocations',
      );
      const revoked = new Set(rows.map((row) => row.session_id));
      for (const session of live) expect(revoked).toContain(session.id);
      expect(revoked.size).toBe(sql.startsWith('with') ? 4 : 3);
    });

    test('a change of the status ends the sessions in its transaction, and no other change does', async () => {
      const { id } = await storeUser(database());
      const { id: other } = await storeUser(database());
      await addSessions(id, 3);
      await addSessions(other, 2);
      await database().query('update users set status = status, first_name = $2 where id = $1', [
        id,
        'Eve',
      ]);
      expect(await count('select count(*) from sessions')).toBe(5);
      await database().query(
        `update users set status = 'disabled', version = version + 1 where id = $1`,
        [id],
      );
      expect(await count(`select count(*) from sessions where user_id = '${id}'`)).toBe(0);
      expect(await count(`select count(*) from sessions where user_id = '${other}'`)).toBe(2);
      expect(await count(`select count(*) from session_revocations where user_id = '${id}'`)).toBe(
        3,
      );
      const { rows } = await database().query<{ data: { reason: string }; user_version: number }>(
        'select data, user_version from outbox where user_id = $1',
        [id],
      );
      expect(rows.map(({ data, user_version }) => [data.reason, user_version])).toEqual(
        Array(3).fill(['user_disabled', 2]),
      );
    });
  });
}
