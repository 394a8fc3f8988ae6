import { Client } from 'pg';
import { populateForSearch, SEARCHED } from '../../test/support/search-population.ts';
import { measureAlone } from '../compare.ts';
import { type Context, copyWithPeople, onDatabase, type Result } from '../context.ts';
import { loadSide } from '../load-generator.ts';
import { startService } from '../service.ts';

const USERS = 100_000;
const QUICK_USERS = 10_000;
const CONNECTIONS = 4;
const TEXTS = ['a', 'li', 'ann', 'example.com', SEARCHED.rareName, 'xyzzy'];

/** Measures the first page of some searches over HTTP; `npm run bench:scale` has more texts and larger tables. */
export async function measureSearch(context: Context): Promise<Result[]> {
  const { generator, options, progress } = context;
  const { database } = await copyWithPeople(context, 'bench_search');
  const count = options.quick ? QUICK_USERS : USERS;
  progress(`k: inserting ${count} users`);
  const client = new Client(database);
  await client.connect();
  try {
    await client.query('truncate users cascade');
    await populateForSearch(client, count);
  } finally {
    await client.end();
  }
  const service = await startService(onDatabase(database));
  try {
    const authorization = `Bearer ${await service.createKey(['users:read'])}`;
    const results: Result[] = [];
    for (const text of TEXTS) {
      const path = `/v1/users?q=${encodeURIComponent(text)}`;
      const title = `search for \`${text}\` among ${count.toLocaleString('en')} users`;
      const side = loadSide(generator, { title, pid: service.pid }, () => ({
        ...{ kind: 'closed', url: service.url, connections: CONNECTIONS, seconds: options.seconds },
        requests: [{ method: 'GET', path, headers: { authorization } }],
      }));
      results.push(await measureAlone(context, { id: `k${results.length + 1}` }, side));
    }
    return results;
  } finally {
    await service.stop();
  }
}
