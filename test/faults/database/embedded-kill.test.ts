import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openEmbeddedDatabase } from '../../../src/infrastructure/database/embedded/pglite.ts';
import {
  createWorkingDirectory,
  PASSWORD,
  readServiceKey,
  serve,
  start,
} from '../../e2e/support.ts';
import { eventually } from '../../support/eventually.ts';
import { cheapHashing } from '../support.ts';

/** Few by default, since every change runs this; `FAULTS_KILLS=50` for the long run. */
const KILLS = Number(process.env.FAULTS_KILLS ?? '10');
const WRITERS = 6;
/** The kill comes at a random moment within this time after the round's first acknowledged write. */
const MAX_DELAY_MS = 300;

interface Account {
  readonly id: string;
  readonly version: number;
}

/** User ids with their newest version. */
type UserVersions = Map<string, number>;

/** Registers and renames people until the service ends. Records every acknowledged write. */
async function write(
  url: string,
  key: string,
  name: string,
  acknowledged: UserVersions,
): Promise<void> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  for (let turn = 0; ; turn += 1) {
    const email = `${name}-${turn}@example.com`;
    const person = { first_name: 'Ines', last_name: 'Hallberg', email, password: PASSWORD };
    const registered = await send(`${url}/v1/users`, 'POST', headers, person);
    if (registered === null) return;
    acknowledged.set(registered.id, registered.version);
    for (let update = 0; update < 3; update += 1) {
      const change = { first_name: `Ines ${turn}-${update}` };
      const updated = await send(`${url}/v1/users/${registered.id}`, 'PATCH', headers, change);
      if (updated === null) return;
      acknowledged.set(updated.id, updated.version);
    }
  }
}

/** @returns null without an acknowledgement: the write may have happened or not. */
async function send(
  url: string,
  method: string,
  headers: Record<string, string>,
  body: object,
): Promise<Account | null> {
  let text: string;
  let status: number;
  try {
    const answer = await fetch(url, { method, headers, body: JSON.stringify(body) });
    status = answer.status;
    text = await answer.text();
  } catch {
    return null;
  }
  if (status === 503) return null;
  expect(status, text).toBe(method === 'POST' ? 201 : 200);
  return JSON.parse(text) as Account;
}

/** Reads every user's version from the service. */
async function readVersions(url: string, key: string): Promise<UserVersions> {
  const versions: UserVersions = new Map();
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Response = await fetch(
      `${url}/v1/users?limit=200${cursor && `&cursor=${cursor}`}`,
      {
        headers: { authorization: `Bearer ${key}` },
      },
    );
    expect(page.status).toBe(200);
    const body = (await page.json()) as { users: Account[]; next_cursor: string | null };
    for (const { id, version } of body.users) versions.set(id, version);
    cursor = body.next_cursor;
  }
  return versions;
}

function expectNothingLost(acknowledged: UserVersions, stored: UserVersions): void {
  const lost = [...acknowledged].filter(([id, version]) => (stored.get(id) ?? 0) < version);
  expect(lost).toEqual([]);
}

describe('the embedded service under kill -9', () => {
  it(
    `keeps every acknowledged write and its event over ${KILLS} kills under load`,
    async () => {
      const cwd = createWorkingDirectory();
      const acknowledged: UserVersions = new Map();
      for (let round = 0; round < KILLS; round += 1) {
        const { url, process } = await serve(cwd, cheapHashing);
        const key = readServiceKey(cwd);
        expectNothingLost(acknowledged, await readVersions(url, key));
        const before = acknowledged.size;
        const writers = Array.from({ length: WRITERS }, (_, index) =>
          write(url, key, `r${round}-w${index}`, acknowledged),
        );
        await eventually(() => expect(acknowledged.size).toBeGreaterThan(before), {
          timeoutMs: 20_000,
          intervalMs: 5,
        });
        await delay(Math.random() * MAX_DELAY_MS);
        await process.kill();
        await Promise.all(writers);
      }
      expect(acknowledged.size).toBeGreaterThanOrEqual(KILLS);

      const last = await serve(cwd, cheapHashing);
      expectNothingLost(acknowledged, await readVersions(last.url, readServiceKey(cwd)));
      expect((await last.process.stop()).code).toBe(0);
      await expectEventsToMatch(join(cwd, 'data', 'postgres'));
    },
    KILLS * 12_000,
  );
});

/** Each version of each user has exactly one event, in order, and every event belongs to a stored user. */
async function expectEventsToMatch(path: string): Promise<void> {
  const database = await openEmbeddedDatabase({ path });
  onTestFinished(() => database.close());
  const { rows: wrong } = await database.query(
    `select coalesce(u.id, e.user_id) as id, u.version, e.versions, e.types
     from users u full join (
       select user_id, array_agg(user_version order by position) as versions,
         array_agg(type order by position) as types
       from outbox where type like 'user.%' group by user_id
     ) e on e.user_id = u.id
     where u.id is null
       or e.versions is distinct from (select array_agg(v) from generate_series(1, u.version) v)
       or e.types is distinct from array['user.created']::varchar[]
         || array_fill('user.updated'::varchar, array[u.version - 1])`,
  );
  expect(wrong).toEqual([]);
}

describe('a first start that is killed', () => {
  it.each([
    ['while the data directory is unpacked', /^\.postgres\.unpacking-/],
    ['after the data directory is in place', /^postgres$/],
    ['after the master key is written', /^master-key$/],
    ['after the service key is written', /^service-key$/],
  ])('%s leaves a directory that the next start completes', async (_when, landmark) => {
    const cwd = createWorkingDirectory();
    const data = join(cwd, 'data');
    const first = await start(['serve'], cwd);
    const names = (): string[] => (existsSync(data) ? readdirSync(data) : []);
    await eventually(() => expect(names().some((name) => landmark.test(name))).toBe(true), {
      timeoutMs: 60_000,
      intervalMs: 1,
    });
    await first.kill();

    const { url } = await serve(cwd);
    expect(await readVersions(url, readServiceKey(cwd))).toEqual(new Map());
    expect(names().sort()).toEqual(['control.sock', 'master-key', 'postgres', 'service-key']);
  });
});
