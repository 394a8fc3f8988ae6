import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { type RunningProcess, startProcess } from './child-process.ts';
import { eventually } from './eventually.ts';
import { fencedBlocks, sectionOf } from './markdown.ts';
import type { ConnectionOptions } from './postgres-server.ts';
import { runStatement } from './superuser.ts';
import { createTemporaryDirectory } from './temp-directory.ts';
import { createTestDatabase } from './test-database.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ownPrograms = join(root, 'test/support/followers');
const page = readFileSync(join(root, 'docs/use-it/events.md'), 'utf8');
const blocks = ['Keep your own users table', 'Handle each event'].flatMap((heading) =>
  fencedBlocks(sectionOf(page, heading)),
);

/** The blocks of shell in the sections about copies and consumers, in order. */
export const shellBlocks = blocks
  .filter(({ language }) => language === 'sh')
  .map(({ text }) => text);

/**
 * The programs that keep a table: those of the page, mirrors of the client package, and two that read the feed in other
 * ways.
 */
export type FollowerProgram =
  | 'keep-users.mjs'
  | 'keep-users-jetstream.mjs'
  | 'follow-http.mjs'
  | 'follow-jetstream.mjs'
  | 'mirror-http.mjs'
  | 'mirror-jetstream.mjs'
  | 'follow-stream.mjs'
  | 'follow-in-parallel.mjs';

const RESTART_AFTER_MS = 500;

/** A folder with the programs of the page, as they stand, and those of the tests. It is removed after the test. */
export function createFollowerDirectory(): string {
  const directory = createTemporaryDirectory('table');
  onTestFinished(() => directory.remove());
  for (const { text } of blocks.filter(({ language }) => language === 'js')) {
    const [, name] = /^\/\/ ([\w-]+\.mjs)\n/.exec(text) ?? [];
    if (name === undefined) throw new Error('a block of the page does not begin with its name');
    writeFileSync(join(directory.path, name), text);
  }
  for (const name of readdirSync(ownPrograms))
    cpSync(join(ownPrograms, name), join(directory.path, name));
  symlinkSync(join(root, 'node_modules'), join(directory.path, 'node_modules'));
  return directory.path;
}

/** Another service with a table of its own, whose supervisor starts its program again whenever it ends. */
export interface Follower {
  readonly program: FollowerProgram;
  readonly table: ConnectionOptions;
  /** How often the program was started. */
  readonly starts: () => number;
  /** What the program has written since its last start. */
  readonly output: () => string;
  /** SIGKILL; the supervisor starts it again. */
  kill(): Promise<void>;
  /** SIGKILL, and nothing more until `resume`. */
  pause(): Promise<void>;
  resume(): void;
}

/** Where the program reads. */
export interface FollowedService {
  readonly url: string;
  readonly key: string;
  /** For JetStream. */
  readonly natsUrl?: string;
}

/** Starts a follower with an empty table. It ends with the test. */
export async function startFollower(
  program: FollowerProgram,
  service: FollowedService,
  directory = createFollowerDirectory(),
): Promise<Follower> {
  const { connectionOptions: table } = await createTestDatabase({ template: 'template0' });
  const { PATH = '' } = process.env;
  const env = {
    PATH,
    SERVICE_URL: service.url,
    SERVICE_KEY: service.key,
    NATS_URL: service.natsUrl ?? '',
    TABLE_URL: connectionUrl(table),
  };
  let running: RunningProcess | undefined;
  let starts = 0;
  let state: 'running' | 'paused' | 'ended' = 'running';

  async function supervise(): Promise<void> {
    while (state !== 'ended') {
      if (state === 'running') {
        starts += 1;
        running = await startProcess(process.execPath, [program], { cwd: directory, env });
        if (state === 'running') await running.exited;
        else await running.kill();
      }
      await sleep(RESTART_AFTER_MS);
    }
  }
  const supervised = supervise();
  onTestFinished(async () => {
    state = 'ended';
    await running?.kill();
    await supervised;
  });
  return {
    ...{ program, table },
    starts: () => starts,
    output: () => running?.output() ?? '',
    kill: async () => void (await running?.kill()),
    async pause() {
      state = 'paused';
      await running?.kill();
    },
    resume() {
      state = 'running';
    },
  };
}

export function connectionUrl({ user, password, host, port, database }: ConnectionOptions): string {
  return `postgres://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}

const COLUMNS = 'id, version, email, first_name, last_name, status';

/** The users of the service in the form of `readTable`. `query` reads its database. */
async function readUsers(query: (sql: string) => Promise<unknown[]>): Promise<unknown[]> {
  return query(`select ${COLUMNS} from users order by id`);
}

/** The users in the table of a follower; rows of deleted users are left out. */
export async function readTable({ table }: Pick<Follower, 'table'>): Promise<unknown[]> {
  return runStatement(table, `select ${COLUMNS} from users where status <> 'deleted' order by id`);
}

/** Waits until the table has exactly the users of the service. */
export async function expectSameUsers(
  follower: Follower,
  query: (sql: string) => Promise<unknown[]>,
  timeoutMs: number,
): Promise<void> {
  await eventually(
    async () => {
      const [kept, users] = [await readTable(follower), await readUsers(query)];
      const wrong = differences(kept, users);
      expect(
        wrong.slice(0, 5),
        `${wrong.length} rows differ; ${follower.output().slice(-500)}`,
      ).toEqual([]);
    },
    { timeoutMs, intervalMs: 250, what: `the table of ${follower.program}` },
  );
}

/** Rows that only one side has. Comparing whole tables would take seconds for each difference that is shown. */
function differences(kept: readonly unknown[], users: readonly unknown[]): string[] {
  const [left, right] = [kept, users].map(
    (rows) => new Set(rows.map((row) => JSON.stringify(row))),
  );
  return [
    ...[...(left ?? [])]
      .filter((row) => right?.has(row) !== true)
      .map((row) => `only in the table: ${row}`),
    ...[...(right ?? [])]
      .filter((row) => left?.has(row) !== true)
      .map((row) => `only in the service: ${row}`),
  ];
}
