// Reads page after page and applies several at once, in any order: an older read of a user may come after a newer one.
// Only the versions keep the table right, and rows of deleted users that have the highest version of all.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { call, findPosition, load } from './users-table.mjs';

const AT_ONCE = 4;
const DELETED = 2_147_483_647;
const db = new pg.Pool({ connectionString: process.env.TABLE_URL, max: AT_ONCE });

async function apply(ids) {
  const { users, missing } = await (await call('/v1/users/batch', { ids })).json();
  await sleep(Math.random() * 300);
  const rows = [...users, ...missing.map((id) => ({ id, version: DELETED, status: 'deleted' }))];
  // In the order of the ids, so that two statements do not wait for each other.
  rows.sort((one, other) => (one.id < other.id ? -1 : 1));
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
let running = [];

/** Ends when all pages before the position are applied. */
async function finish() {
  await Promise.all(running);
  running = [];
  await db.query(`update feed set position = $1 where name = 'users'`, [position]);
}

for (;;) {
  const wait = running.length === 0 ? '5s' : '0s';
  const page = await call(`/v1/events?types=user.*&limit=20&wait=${wait}&after=${position}`);
  if (page.status === 410) {
    await Promise.all(running);
    running = [];
    position = await load();
    continue;
  }
  const lines = (await page.text()).split('\n').filter((line) => line !== '');
  const ids = new Set(lines.flatMap((line) => JSON.parse(line).subject ?? []));
  const next = /<(.+)>/.exec(page.headers.get('link'))[1];
  position = new URL(next, page.url).searchParams.get('after');
  if (ids.size > 0) running.push(apply([...ids]));
  if (running.length === AT_ONCE || ids.size === 0) await finish();
}
