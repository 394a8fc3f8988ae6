import { describe, expect, test } from 'vitest';
import { createPostgresStoredUserReader } from '../../src/infrastructure/database/postgres/stored-user-reader.ts';
import type { DatabaseImplementation } from './databases.ts';
import { ids, storeUser, useDatabase } from './fixtures.ts';

const NIL = '00000000-0000-0000-0000-000000000000';

/** The promises of every StoredUserReader. */
export function describeStoredUserReaderContract(implementation: DatabaseImplementation): void {
  describe(`StoredUserReader (${implementation.name})`, () => {
    const database = useDatabase(implementation);
    const reader = () => createPostgresStoredUserReader(database());

    test('returns a user of this service as it was stored', async () => {
      const { state } = await storeUser(database());
      expect(await reader().listStored({ fromId: null, limit: 10 })).toEqual({
        users: [
          {
            id: state.id,
            firstName: state.firstName,
            lastName: state.lastName,
            email: state.email,
            phone: state.phone,
            locale: state.locale,
            passwordHash: state.passwordHash,
            emailVerified: false,
            status: 'active',
            version: 1,
            createdAtInRange: true,
            updatedAtInRange: true,
          },
        ],
        nextFromId: null,
      });
    });

    test('pages through all ids once, the nil UUID included', async () => {
      const all = [NIL, ...Array.from({ length: 6 }, () => ids.next())];
      for (const id of all) await storeUser(database(), { id });
      const seen: string[][] = [];
      let fromId: string | null = null;
      do {
        const page = await reader().listStored({ fromId, limit: 3 });
        seen.push(page.users.map(({ id }) => id));
        fromId = page.nextFromId;
      } while (fromId !== null && seen.length < 10);
      expect(seen).toEqual([all.slice(0, 3), all.slice(3, 6), all.slice(6)]);
    });

    test.each([
      ['infinity', false],
      ['-infinity', false],
      ['20000-01-01', false],
      ['0044-03-15 BC', false],
      ['9999-12-31 23:59:59.999999+00', true],
      ['10000-01-01 00:00:00+00', false],
      ['0001-01-01 00:00:00+00', true],
    ])('tells whether the years 1 to 9999 have the time %s: %s', async (time, inRange) => {
      const { id } = await storeUser(database());
      await database().query('update users set created_at = $2::timestamptz where id = $1', [
        id,
        time,
      ]);
      const { users } = await reader().listStored({ fromId: id, limit: 1 });
      expect(users[0]).toMatchObject({ id, createdAtInRange: inRange, updatedAtInRange: true });
    });

    test('finds the holders of spellings, at most so many', async () => {
      const [ann, dot] = [
        await storeUser(database(), { email: 'ann@mail.example' }),
        await storeUser(database(), { email: 'ann@mail.example.' }),
      ];
      await storeUser(database(), { email: 'other@mail.example' });
      const spellings = [ann.state.email, dot.state.email, 'absent@mail.example'];
      const found = await reader().listAddressHolders(spellings, 10);
      expect(new Map(found.map(({ userId, email }) => [userId, email]))).toEqual(
        new Map([ann, dot].map(({ id, state }) => [id, state.email])),
      );
      expect(await reader().listAddressHolders(spellings, 1)).toHaveLength(1);
      expect(await reader().listAddressHolders([], 10)).toEqual([]);
    });

    test('returns null for values that a table of another program lacks', async () => {
      const { id } = await storeUser(database());
      await database().transaction(async (connection) => {
        await connection.query(
          `alter table users alter first_name drop not null, alter email drop not null,
             alter updated_at drop not null, alter status drop not null`,
        );
        await connection.query(
          'update users set first_name = null, email = null, updated_at = null, status = null',
        );
        const { users } = await createPostgresStoredUserReader(connection).listStored({
          fromId: null,
          limit: 1,
        });
        expect(users).toEqual([
          expect.objectContaining({
            id,
            firstName: null,
            email: null,
            status: null,
            createdAtInRange: true,
            updatedAtInRange: null,
          }),
        ]);
        await connection.query('delete from users');
        await connection.query(
          `alter table users alter first_name set not null, alter email set not null,
             alter updated_at set not null, alter status set not null`,
        );
      });
    });
  });
}
