import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresDatabase } from '../../../src/infrastructure/database/postgres/pool.ts';
import { searchTerm } from '../../../src/infrastructure/database/postgres/search-term.ts';
import {
  SEARCH_BOUNDS,
  type SearchBounds,
  searchUserIds,
} from '../../../src/infrastructure/database/postgres/user-search.ts';
import type { Database, SqlConnection } from '../../../src/infrastructure/database/sql.ts';
import { createSilentLogger } from '../../support/logger.ts';
import { postgresSettings } from '../../support/postgres-database.ts';
import { populateForSearch, RARE_COUNT, SEARCHED } from '../../support/search-population.ts';
import { createTestDatabase } from '../../support/test-database.ts';

const USERS = 20_000;
const NIL_UUID = '00000000-0000-0000-0000-000000000000';
/** So small that pages of these users reach every bound. */
const SMALL: SearchBounds = { walkedRows: 1_000, candidates: 200, indexEntries: 2_000 };

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly Plan[];
}

/** `npm run bench:scale` measures the same population with up to ten million users. */
describe('the search among many users', () => {
  let database: Database;
  let client: Client;
  beforeAll(async () => {
    const { connectionOptions } = await createTestDatabase();
    client = new Client(connectionOptions);
    await client.connect();
    await populateForSearch(client, USERS);
    database = await createPostgresDatabase(postgresSettings(connectionOptions), {
      logger: createSilentLogger(),
    });
  });
  afterAll(async () => {
    await database?.close();
    await client?.end();
  });

  /** Runs each statement of the search under EXPLAIN too. @returns the nodes of all plans. */
  async function explain(work: (connection: SqlConnection) => Promise<unknown>): Promise<Plan[]> {
    const nodes: Plan[] = [];
    await work({
      async query<Row>(text: string, values: readonly unknown[] = []) {
        const { rows } = await database.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(
          `explain (analyze, format json) ${text}`,
          values,
        );
        for (const { Plan: plan } of rows[0]?.['QUERY PLAN'] ?? []) nodes.push(...flat(plan));
        return await database.query<Row>(text, values);
      },
    });
    return nodes;
  }

  const texts: readonly (readonly [string, string])[] = [
    ['a frequent text', 'ann'],
    ['a frequent part of an address', 'example.com'],
    ['a rare name', SEARCHED.rareName],
    ['addresses with the last ids', SEARCHED.lateDomain],
    ['two CJK letters', '小明'],
    ['one CJK letter', '王'],
    ['one letter', 'a'],
    ['two letters', 'li'],
    ['a sign and a letter', '-e'],
    ['a sign without a token', '«e'],
    ['a text without a match', 'xyzzy'],
    ['a text of frequent parts without a match', 'annanna'],
  ];

  test.each(texts)('%s reads no more rows than the bounds say', async (_, text) => {
    const middle = await client.query(`select user_id from user_search order by 1 offset 10000`);
    for (const afterId of [NIL_UUID, String(middle.rows[0]?.user_id)]) {
      const nodes = await explain((connection) =>
        searchUserIds(connection, text, { afterId, limit: 50 }, SMALL),
      );
      const scans = nodes.filter((node) => node['Relation Name'] === 'user_search');
      expect(scans.length).toBeGreaterThan(0);
      for (const scan of scans) {
        expect(scan['Node Type']).not.toBe('Seq Scan');
        // The sample reads 200 places, the walk and the candidates what their bounds say.
        const visited =
          scan['Actual Loops'] *
          (scan['Actual Rows'] +
            (scan['Rows Removed by Filter'] ?? 0) +
            (scan['Rows Removed by Index Recheck'] ?? 0));
        // The window function reads one row ahead.
        expect(visited).toBeLessThanOrEqual(SMALL.walkedRows + 1);
      }
    }
  });

  test.each(texts)('%s gives each match once, in order, over all pages', async (_, text) => {
    const { rows } = await database.query<{ user_id: string }>(
      'select user_id from user_search where searched like $1 order by user_id',
      [searchTerm(text.toLowerCase()).pattern],
    );
    const found: string[] = [];
    let afterId: string | null = NIL_UUID;
    for (let page = 0; afterId !== null; page += 1) {
      // Each page but the last moves on by at least the walk.
      expect(page).toBeLessThanOrEqual(USERS / SMALL.walkedRows + rows.length / 150 + 1);
      const next = await searchUserIds(database, text, { afterId, limit: 150 }, SMALL);
      found.push(...next.ids);
      afterId = next.nextAfterId;
    }
    expect(found).toEqual(rows.map((row) => row.user_id));
  });

  test('pages hold every match once while users are added', async () => {
    const before = await database.query<{ user_id: string }>(
      `select user_id from user_search where searched like '%mail%' order by user_id`,
    );
    const found: string[] = [];
    let afterId: string | null = NIL_UUID;
    for (let added = 0; afterId !== null; added += 1) {
      const page = await searchUserIds(database, 'mail', { afterId, limit: 200 }, SMALL);
      found.push(...page.ids);
      afterId = page.nextAfterId;
      await client.query(
        `insert into users (id, first_name, last_name, email, password)
         values (gen_random_uuid(), 'Added', 'Mail', $1, 'x')`,
        [`added${added}@example.net`],
      );
    }
    await client.query("delete from users where first_name = 'Added'");
    expect(found).toEqual([...found].sort());
    expect(new Set(found).size).toBe(found.length);
    const known = new Set(found);
    expect(before.rows.filter((row) => !known.has(row.user_id))).toEqual([]);
  });

  test('a rare name is found at once, through the index', async () => {
    const page = { afterId: NIL_UUID, limit: 200 };
    const nodes = await explain((connection) =>
      searchUserIds(connection, SEARCHED.rareName, page, SMALL),
    );
    expect(nodes.map((node) => node['Index Name'])).toContain('user_search_tokens_idx');
    const { ids, nextAfterId } = await searchUserIds(database, SEARCHED.rareName, page, SMALL);
    expect(ids).toHaveLength(RARE_COUNT);
    expect(nextAfterId).toBeNull();
  });

  test('a text whose rarest part is frequent does not read the index', async () => {
    const few = { ...SMALL, walkedRows: 10 };
    const nodes = await explain((connection) =>
      searchUserIds(connection, 'example.com', { afterId: NIL_UUID, limit: 50 }, few),
    );
    expect(nodes.map((node) => node['Index Name'])).not.toContain('user_search_tokens_idx');
  });

  test('the default bounds find everything among these users in one page', async () => {
    for (const text of [SEARCHED.rareName, 'xyzzy']) {
      const page = { afterId: NIL_UUID, limit: 200 };
      expect((await searchUserIds(database, text, page, SEARCH_BOUNDS)).nextAfterId).toBeNull();
    }
  });
});

function flat(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(flat)];
}
