import { Client } from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { searchUsers } from '../../../src/infrastructure/database/postgres/generated/users.queries.ts';
import { searchPattern } from '../../../src/infrastructure/database/postgres/search-pattern.ts';
import { createPostgresUserRepository } from '../../../src/infrastructure/database/postgres/user-repository.ts';
import type { SqlConnection } from '../../../src/infrastructure/database/sql.ts';
import { connectPostgres } from '../../support/postgres-database.ts';
import type { ConnectionOptions } from '../../support/postgres-server.ts';
import { populateForSearch, RARE_COUNT, SEARCHED } from '../../support/search-population.ts';
import { runStatement } from '../../support/superuser.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const USERS = 20_000;
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** `scripts/search-plan.ts` shows the same plans for a million users. */
describe('the search among many users', () => {
  let connection: ConnectionOptions;
  beforeAll(async () => {
    connection = (await createTestDatabase()).connectionOptions;
    const client = new Client(connection);
    await client.connect();
    await populateForSearch(client, USERS);
    await client.end();
  });

  /** Returns the plan of every part of the statement, parts that would not run included. */
  async function plan(text: string, afterId: string): Promise<string> {
    const database = await connectPostgres(connection);
    let lines: string[] = [];
    const explaining: SqlConnection = {
      async query(statement, values) {
        const { rows } = await database.query<Record<string, string>>(
          `explain ${statement}`,
          values,
        );
        lines = rows.map((row) => row['QUERY PLAN'] ?? '');
        return { rows: [], rowCount: 0 };
      },
    };
    const parameters = { pattern: searchPattern(text), afterId, limit: 51 };
    await searchUsers.runUnprepared(parameters, explaining);
    return lines.join('\n');
  }

  const texts: readonly (readonly [string, string])[] = [
    ['a frequent text', 'ann'],
    ['a frequent part of an address', 'example.com'],
    ['a rare name', SEARCHED.rareName],
    ['addresses with the last ids', SEARCHED.lateDomain],
    ['two CJK letters', '小明'],
    ['one CJK letter', '王'],
    ['one letter', 'a'],
    ['a sign and a letter', '-e'],
    ['a text without a match', 'xyzzy'],
  ];

  test.each(texts)(
    '%s reads the next users by id and the rest from the index, never the whole table',
    async (_, text) => {
      const [middle] = await runStatement(
        connection,
        `select id from users order by id offset ${USERS / 2} limit 1`,
      );
      for (const afterId of [NIL_UUID, String(middle?.id)]) {
        const lines = await plan(text, afterId);
        expect(lines).not.toMatch(/Seq Scan on users/);
        expect(lines).toMatch(/Limit[^\n]*\n[^\n]*Index Scan using users_pkey/);
      }
    },
  );

  test.each([
    ['a rare name', SEARCHED.rareName],
    ['addresses with the last ids', SEARCHED.lateDomain],
    ['a text without a match', 'xyzzy'],
  ])('%s is found in the index', async (_, text) => {
    expect(await plan(text, NIL_UUID)).toContain('Bitmap Index Scan on users_search_idx');
  });

  test.each(texts)(
    '%s gives the same users on every page as a scan of all users',
    async (_, text) => {
      const database = await connectPostgres(connection);
      const users = createPostgresUserRepository(database);
      const { rows } = await database.query<{ id: string }>(
        `select id from users
       where normalize(' ' || first_name || ' ' || last_name || ' ' || email, nfc) ilike $1 order by id limit 450`,
        [searchPattern(text)],
      );
      const found: string[] = [];
      let afterId: string | null = null;
      for (let page = 1; page <= 3 && (page === 1 || afterId !== null); page += 1) {
        const { users: next, nextAfterId } = await users.search(text, { afterId, limit: 150 });
        found.push(...next.map((user) => user.id));
        afterId = nextAfterId;
      }
      expect(found).toEqual(rows.map((row) => row.id));
    },
  );

  test('the rare name has exactly its known matches', async () => {
    const users = createPostgresUserRepository(await connectPostgres(connection));
    const { users: found } = await users.search(SEARCHED.rareName, { afterId: null, limit: 200 });
    expect(found).toHaveLength(RARE_COUNT);
  });
});
