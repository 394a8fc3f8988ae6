import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';
import { parseEmailAddress } from '../../src/domain/user/email-address.ts';

/** Number of users with the rare name, spread evenly over all ids. */
export const RARE_COUNT = 30;
/** Share of the users with the last ids, all with one company's addresses, as after an import. */
const LATE_SHARE = 0.02;

/** Texts whose matches are known for every size of the population. */
export const SEARCHED = {
  rareName: 'Quetzalli',
  lateDomain: '@imported.example',
} as const;

/**
 * Fills `users` with people who combine the names and domains of `examples/people.ndjson`: more than twenty scripts,
 * ids in the order of time. Every run gives the same rows. The tables are analyzed, and their indexes have no pending
 * entries.
 */
export async function populateForSearch(client: Client, count: number): Promise<void> {
  const file = fileURLToPath(new URL('../../examples/people.ndjson', import.meta.url));
  const people = readFileSync(file, 'utf8').trimEnd().split('\n').map(readPerson);
  await client.query(
    `create temporary table people as
     select row_number() over () - 1 as number, first_name, last_name,
       split_part(email, '@', 1) as mailbox, split_part(email, '@', 2) as host
     from json_to_recordset($1) as person (first_name text, last_name text, email text)`,
    [JSON.stringify(people)],
  );
  await client.query('create unique index on people (number)');
  await client.query('analyze people');
  // Indexes are built after the rows are inserted, which is many times faster than row by row.
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
     from pg_index join pg_class on pg_class.oid = indexrelid join pg_am on pg_am.oid = relam
     where indrelid in ('users'::regclass, 'user_search'::regclass) and amname = 'gin'`,
  );
  for (const { name } of indexes) await client.query(`drop index ${name}`);
  await client.query('alter table users disable trigger users_fill_search');
  const many = '(select count(*) from people)';
  await client.query(
    `insert into users (id, first_name, last_name, email, password)
     select (lpad(to_hex(1700000000000 + n * 50), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8'
         || substr(md5(n::text), 1, 15))::uuid,
       case when n % ($1 / $2) = $1 / $2 / 2 then $3 else given.first_name end,
       family.last_name,
       left(given.mailbox, 40) || n || case when n > $1 * (1 - $4::numeric) then $5 else '@' || family.host end,
       'no hash: these users cannot sign in'
     from generate_series(1, $1::integer) as n
     join people as given on given.number = (n * 7919::bigint) % ${many}
     join people as family on family.number = (n / 3 * 104729::bigint + n * 31) % ${many}`,
    [count, RARE_COUNT, SEARCHED.rareName, LATE_SHARE, SEARCHED.lateDomain],
  );
  await client.query('alter table users enable trigger users_fill_search');
  await client.query(
    `insert into user_search (user_id, searched)
     select id, ' ' || fold_for_search(first_name) || ' ' || fold_for_search(last_name) || ' ' || fold_for_search(email)
     from users order by id`,
  );
  await client.query("set maintenance_work_mem = '512MB'");
  for (const { definition } of indexes) await client.query(definition);
  await client.query('vacuum analyze users');
  await client.query('vacuum analyze user_search');
}

function readPerson(line: string): Record<string, string> {
  const person = JSON.parse(line) as Record<string, string>;
  return { ...person, email: parseEmailAddress(person.email ?? '', 'strict') };
}
