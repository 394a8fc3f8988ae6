// Reads several pages and their users before it applies the first, and applies the last one first: as workers do that
// overtake each other. Only the versions keep the table right, and rows of deleted users that have the highest one of all.
import pg from 'pg';
import { call, findPosition, load } from './users-table.mjs';

const MOST_PAGES = 20;
const DELETED = 2_147_483_647;
const db = new pg.Client({ connectionString: process.env.TABLE_URL });
await db.connect();

async function read(ids) {
  const { users, missing } = await (await call('/v1/users/batch', { ids })).json();
  return [...users, ...missing.map((id) => ({ id, version: DELETED, status: 'deleted' }))];
}

async function apply(rows) {
  await db.query(
    `insert into users
     select * from jsonb_to_recordset($1)
       as u (id uuid, version integer, email text, first_name text, last_name text, status text)
     on conflict (id) do update set (version, email, first_name, last_name, status) =
       (excluded.version, excluded.email, excluded.first_name, excluded.last_name, excluded.status)
     where users.version < excluded.version`,
    [JSON.stringify(rows)],
  );
}

let position = (await findPosition()) ?? (await load());
let pages = [];
for (;;) {
  const wait = pages.length === 0 ? '5s' : '300ms';
  const page = await call(`/v1/events?types=user.*&limit=10&wait=${wait}&after=${position}`);
  if (page.status === 410) {
    pages = [];
    position = await load();
    continue;
  }
  const lines = (await page.text()).split('\n').filter((line) => line !== '');
  const ids = new Set(lines.flatMap((line) => JSON.parse(line).subject ?? []));
  const next = /<(.+)>/.exec(page.headers.get('link'))[1];
  position = new URL(next, page.url).searchParams.get('after');
  if (ids.size > 0) pages.push(await read([...ids]));
  if (ids.size > 0 && pages.length < MOST_PAGES) continue;
  for (const rows of pages.reverse()) await apply(rows);
  pages = [];
  await db.query(`update feed set position = $1 where name = 'users'`, [position]);
}
