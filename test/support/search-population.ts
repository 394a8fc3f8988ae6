import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { parseEmailAddress } from '../../src/domain/user/email-address.ts';

/** Number of users with the rare name, spread evenly over all ids. */
export const RARE_COUNT = 30;
/** Share of the users with the last ids, all with one company's addresses, as after an import. */
const LATE_SHARE = 0.02;

/** Half a minute on a slow machine, so that progress can be shown. */
const ROWS_A_STATEMENT = 250_000;

/** Texts whose matches are known for every size of the population. */
export const SEARCHED = {
  rareName: 'Quetzalli',
  lateDomain: '@imported.example',
} as const;

/**
 * Fills `users` with people who combine the names and domains of `examples/people.ndjson`: more than twenty scripts,
 * ids in the order of time. Every run gives the same rows. The tables are analyzed, and their indexes have no pending
 * entries. Needs a superuser.
 */
export async function populateForSearch(
  client: Client,
  count: number,
  progress: (text: string) => void = () => undefined,
): Promise<void> {
  const file = fileURLToPath(new URL('../../examples/people.ndjson', import.meta.url));
  const people = readFileSync(file, 'utf8').trimEnd().split('\n').map(readPerson);
  // Names are folded once a person, not once a user.
  await client.query(
    `create temporary table people as
     select row_number() over () - 1 as number, first_name, last_name,
       left(split_part(email, '@', 1), 40) as mailbox, split_part(email, '@', 2) as host,
       fold_for_search(first_name) as folded_first_name, fold_for_search(last_name) as folded_last_name
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
  const drawn = `select
      (lpad(to_hex(1700000000000 + n * 50), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8'
        || substr(md5(n::text), 1, 15))::uuid as id,
      n % ($1::integer / $2::integer) = $1 / $2 / 2 as is_rare,
      given.first_name, given.folded_first_name, family.last_name, family.folded_last_name,
      given.mailbox || n || case when n > $1 * (1 - $4::numeric) then $5 else '@' || family.host end as email
    from generate_series($6::integer, $7::integer) as n
    join people as given on given.number = (n * 7919::bigint) % ${people.length}
    join people as family on family.number = (n / 3 * 104729::bigint + n * 31) % ${people.length}`;
  // Without triggers: not the one that fills user_search, and no look-up of each row's foreign key.
  await client.query('set session_replication_role = replica');
  for (let from = 1; from <= count; from += ROWS_A_STATEMENT) {
    const to = Math.min(count, from + ROWS_A_STATEMENT - 1);
    await client.query(
      `with drawn as (${drawn}), searched as (
         insert into user_search (user_id, searched)
         select id, ' ' || concat_ws(' ', case when is_rare then fold_for_search($3::text) else folded_first_name end,
           folded_last_name, email)
         from drawn
       )
       insert into users (id, first_name, last_name, email, password)
       select id, case when is_rare then $3 else first_name end, last_name, email,
         'no hash: these users cannot sign in'
       from drawn`,
      [count, RARE_COUNT, SEARCHED.rareName, LATE_SHARE, SEARCHED.lateDomain, from, to],
    );
    progress(`${to} users`);
  }
  await client.query('set session_replication_role = origin');
  progress('building the indexes of the search');
  await Promise.all(
    indexes.map(({ definition, name }) =>
      onOwnConnection(client, async (connection) => {
        await connection.query("set maintenance_work_mem = '2GB'");
        await connection.query(definition);
        progress(`${name} is built`);
      }),
    ),
  );
  for (const table of ['users', 'user_search']) {
    await client.query(`vacuum analyze ${table}`);
    progress(`${table} is analyzed`);
  }
}

/** Runs `work` on a further connection to the database of `client`. */
async function onOwnConnection(client: Client, work: (connection: Client) => Promise<void>) {
  const { host, port, user, password, database } = client;
  const connection = new Client({ host, port, ...{ user, password, database } });
  await connection.connect();
  try {
    await work(connection);
  } finally {
    await connection.end();
  }
}

function readPerson(line: string): Record<string, string> {
  const person = JSON.parse(line) as Record<string, string>;
  return { ...person, email: parseEmailAddress(person.email ?? '', 'strict') };
}
