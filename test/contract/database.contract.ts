import { afterEach, describe, expect, test } from 'vitest';
import { changeSlots } from '../../src/infrastructure/database/postgres/change-gate.ts';
import type { Database } from '../../src/infrastructure/database/sql.ts';
import { eventually } from '../support/eventually.ts';
import type { DatabaseImplementation } from './databases.ts';
import { createSignal, refusal, useDatabase } from './fixtures.ts';

export function describeDatabaseContract(implementation: DatabaseImplementation): void {
  describe(`Database (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const opened: Database[] = [];

    async function open(): Promise<Database> {
      const own = await implementation.open();
      opened.push(own);
      return own;
    }

    afterEach(async () => {
      for (const own of opened.splice(0)) await own.close();
    });

    test('converts values between SQL and JavaScript types', async () => {
      const values = {
        time: new Date('2031-02-03T04:05:06.789Z'),
        bytes: Buffer.from([0, 1, 254, 255]),
        json: '{"a":[1,"é"]}',
        texts: ['a', 'b"c\\d', 'é,{}'],
        uuids: ['018f4f7a-0000-7000-8000-000000000001'],
        absent: null,
      };
      const { rows, rowCount } = await database().query(
        `select $1::timestamptz as time, $2::bytea as bytes, $3::jsonb as json, $4::text[] as texts,
           $5::uuid[] as uuids, $6::text as absent, 9007199254740993::bigint as big, 42::integer as number,
           1.5::float8 as real, true as yes`,
        Object.values(values),
      );
      expect(rowCount).toBe(1);
      expect(rows).toEqual([
        {
          ...values,
          json: { a: [1, 'é'] },
          big: '9007199254740993',
          number: 42,
          real: 1.5,
          yes: true,
        },
      ]);
      expect(Buffer.isBuffer((rows[0] as { bytes: unknown }).bytes)).toBe(true);
    });

    test('accepts a Uint8Array for bytes', async () => {
      const { rows } = await database().query("select encode($1::bytea, 'hex') as hex", [
        new Uint8Array([1, 2, 255]),
      ]);
      expect(rows).toEqual([{ hex: '0102ff' }]);
    });

    test('counts the rows that a statement changed', async () => {
      const insert = `insert into service_accounts (id, name, key_hash, scopes)
        select gen_random_uuid(), 'n' || n, int4send(n), '{x}' from generate_series(1, 7) n`;
      expect(await database().query(insert)).toEqual({ rows: [], rowCount: 7 });
      expect(
        (await database().query('delete from service_accounts where name = $1', ['n1'])).rowCount,
      ).toBe(1);
      expect(
        (await database().query('delete from service_accounts where name = $1', ['n1'])).rowCount,
      ).toBe(0);
    });

    test('the session uses UTC', async () => {
      const { rows } = await database().query('show timezone');
      expect(rows).toEqual([{ TimeZone: expect.stringMatching(/^(UTC|GMT)$/) }]);
    });

    test('an error of SQL keeps its code and leaves the connection usable', async () => {
      for (let index = 0; index < 20; index += 1) {
        await expect(database().query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
      }
      expect((await database().query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });

    test('a transaction sees its own writes, and a rollback removes them', async () => {
      const insert = "insert into signing_keys values ('k', 'EdDSA', '{}', '', 'signing')";
      const count = 'select count(*)::integer as n from signing_keys';
      const work = database().transaction(async (connection) => {
        await connection.query(insert);
        expect((await connection.query(count)).rows).toEqual([{ n: 1 }]);
        throw new Error('back');
      });
      await expect(work).rejects.toThrow('back');
      expect((await database().query(count)).rows).toEqual([{ n: 0 }]);
      await database().transaction((connection) => connection.query(insert));
      expect((await database().query(count)).rows).toEqual([{ n: 1 }]);
    });

    test('the statement that is sent with the commit is the last one, and fails together with those before it', async () => {
      const insert = (kid: string) =>
        `insert into signing_keys values ('${kid}', 'EdDSA', '{}', '', 'verifying')`;
      const stored = async () =>
        (await database().query<{ kid: string }>('select kid from signing_keys order by kid')).rows;
      const rows = await database().transaction(async (connection, commitWithNext) => {
        await connection.query(insert('a'));
        commitWithNext();
        const { rowCount } = await connection.query(insert('b'));
        await expect(connection.query(insert('c'))).rejects.toThrow('after the end');
        return rowCount;
      });
      expect(rows).toBe(1);
      expect(await stored()).toEqual([{ kid: 'a' }, { kid: 'b' }]);
      const failing = database().transaction(async (connection, commitWithNext) => {
        await connection.query(insert('c'));
        commitWithNext();
        await connection.query(insert('a'));
      });
      await expect(failing).rejects.toMatchObject({ code: '23505' });
      const alone = database().transaction(async (connection, commitWithNext) => {
        commitWithNext();
        await connection.query(insert('d'));
      });
      await alone;
      expect(await stored()).toEqual([{ kid: 'a' }, { kid: 'b' }, { kid: 'd' }]);
    });

    test('a transaction whose failed statement was ignored does not count as committed', async () => {
      const ignoring = database().transaction(async (connection) => {
        await expect(connection.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' });
      });
      await expect(ignoring).rejects.toThrow('its error was ignored');
      const afterwards = database().transaction(async (connection, commitWithNext) => {
        await connection.query('select 1 / 0').catch(() => {});
        commitWithNext();
        await connection.query('select 1');
      });
      await expect(afterwards).rejects.toMatchObject({ code: '25P02' });
      expect((await database().query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });

    test('serves hundreds of callers at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 300 }, (_, n) => database().query('select $1::integer as n', [n])),
      );
      expect(answers.map(({ rows }) => rows)).toEqual(
        Array.from({ length: 300 }, (_, n) => [{ n }]),
      );
      expect(database().stats().waiting).toBe(0);
    });

    test('a health check succeeds, and fails when its signal aborts first', async () => {
      await database().check(AbortSignal.timeout(5_000));
      const own = await open();
      const go = createSignal();
      // Changes leave some connections to reads, so reads take the rest.
      const holders = Array.from({ length: 10 }, () => own.transaction(() => go.fired));
      const reads = Array.from({ length: 300 }, () => own.query('select 1'));
      const check = own.check(AbortSignal.abort());
      await expect(check).rejects.toMatchObject(refusal('unavailable'));
      go.fire();
      await Promise.all([...holders, ...reads]);
      await own.check(AbortSignal.timeout(5_000));
    });

    test('stats count connections and waiting callers', async () => {
      const own = await open();
      await own.query('select 1');
      expect(own.stats()).toMatchObject({ total: 1, idle: 1, waiting: 0 });
      const go = createSignal();
      const holders = Array.from({ length: 12 }, () => own.transaction(() => go.fired));
      const waiting = implementation.capabilities.parallelTransactions ? 12 - changeSlots(10) : 11;
      await eventually(() => expect(own.stats()).toMatchObject({ idle: 0, waiting }));
      go.fire();
      await Promise.all(holders);
      expect(own.stats().waiting).toBe(0);
    });

    test('a migration connection runs scripts and keeps its session', async () => {
      const connection = await database().openMigrationConnection();
      await connection.execute("set lock_timeout = '1234ms'; select 1; reset statement_timeout");
      expect((await connection.query('show lock_timeout')).rows).toEqual([
        { lock_timeout: '1234ms' },
      ]);
      await expect(connection.execute('nonsense')).rejects.toMatchObject({ code: '42601' });
      await connection.execute('reset lock_timeout');
      await connection.close();
      expect((await database().query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    });

    test('close waits for running work, rejects later callers, and may be called twice', async () => {
      const own = await open();
      const go = createSignal();
      const work = own.transaction(async (connection) => {
        await go.fired;
        return (await connection.query('select 1 as one')).rows;
      });
      const closed = own.close();
      await expect(own.query('select 1')).rejects.toMatchObject(refusal('unavailable'));
      go.fire();
      expect(await work).toEqual([{ one: 1 }]);
      await closed;
      await own.close();
    });
  });
}
