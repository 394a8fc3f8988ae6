import { pause } from '../lib/backoff.ts';
import {
  type MirrorSession,
  type MirrorStore,
  StoreUnavailable,
  type UserRow,
} from './mirror-store.ts';

/** A pool of the package `pg`. The mirror keeps one of its connections, with a lock of the session: no transaction pooler. */
export interface PgPool {
  connect(): Promise<PgConnection>;
}

export interface PgConnection {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: unknown[] }>;
  on(event: 'error', listener: () => void): unknown;
  release(destroy?: boolean): unknown;
}

export interface PgStoreOptions {
  readonly pool: PgPool;
  /** The table, with its schema if it needs one: `users`, `crm.users`. It is created when it does not exist. */
  readonly table: string;
  /**
   * The fields that the table has: names, or names with those of their columns, such as `{ email: 'mail' }`. `id` and
   * `version` are always there; name them to give them other columns. `email`, `first_name`, `last_name` and `status` by
   * default. The id needs a primary key or a unique constraint, and no other column may have one: two users may change
   * places within one statement.
   */
  readonly columns?: readonly string[] | Readonly<Record<string, string>>;
  /** The table with the position of each mirror, written in the transaction of the rows. */
  readonly positionTable?: string;
}

const DEFAULT_COLUMNS = ['email', 'first_name', 'last_name', 'status'];
const LOCK_RETRY_MS = 1_000;
/** The server notices the end of a mirror a moment later. */
const LOCK_ATTEMPTS = 5;
const LOCK_PAUSE_MS = 300;
const NEVER = new AbortController().signal;
const TYPES: Readonly<Record<string, string>> = {
  ...{ id: 'uuid primary key', version: 'integer not null', email_verified: 'boolean' },
  ...{ created_at: 'timestamptz', updated_at: 'timestamptz' },
};
/** Of PostgreSQL. Failures without one are those of the connection. */
const SQLSTATE = /^[0-9FHPX][0-9A-Z]{4}$/;
/** Connection, transaction rolled back, resources, locks, operator intervention: another attempt may work. */
const PASSING = /^(?:08|40|53|55P03|57)/;

/** A copy in a table of PostgreSQL. One process at a time writes it; another one waits. */
export function pgStore(options: PgStoreOptions): MirrorStore {
  const statements = createStatements(options);
  return {
    fields: statements.fields,
    async open(signal) {
      const client = await orUnavailable(() => options.pool.connect());
      // A lost connection shows in the next statement.
      client.on('error', () => {});
      const run = (text: string, values: unknown[] = []) =>
        orUnavailable(async () => (await client.query(text, values)).rows);
      try {
        await lock(run, options.table, signal);
        for (const [name, statement] of statements.create) {
          const [row] = (await run('select to_regclass($1) is null as absent', [name])) as [
            { absent: boolean },
          ];
          // Only then the right to create tables is needed.
          if (row.absent) await run(statement);
        }
      } catch (error) {
        client.release(true);
        throw error;
      }
      return createSession(statements, options.table, run, async () => void client.release(true));
    },
  };
}

/** Reads a copy that another process keeps. */
export interface PgCopy extends Pick<MirrorSession, 'find' | 'list' | 'close'> {
  readonly fields: readonly string[];
}

/** Opens a copy for reading: without the lock, and without creating anything. */
export async function openPgCopy(options: PgStoreOptions): Promise<PgCopy> {
  const { fields, session } = await openExisting(options);
  const { find, list, close } = session;
  return { fields, find, list, close };
}

/** A copy that no other process writes while it is open. */
export interface LockedPgCopy extends PgCopy, Pick<MirrorSession, 'apply' | 'position'> {}

/**
 * Opens a copy to repair it: with the lock of its mirror, and without creating anything.
 * @returns null while a mirror has it
 */
export async function lockPgCopy(options: PgStoreOptions): Promise<LockedPgCopy | null> {
  const { fields, session, run } = await openExisting(options);
  try {
    for (let attempt = 1; attempt <= LOCK_ATTEMPTS; attempt += 1) {
      if (await tryLock(run, options.table)) return { ...session, fields };
      await pause(LOCK_PAUSE_MS, NEVER);
    }
  } catch (error) {
    await session.close();
    throw error;
  }
  await session.close();
  return null;
}

async function openExisting(options: PgStoreOptions) {
  const statements = createStatements(options);
  const client = await orUnavailable(() => options.pool.connect());
  client.on('error', () => {});
  const run: Run = (text, values = []) =>
    orUnavailable(async () => (await client.query(text, values)).rows);
  const close = async () => void client.release(true);
  const session = createSession(statements, options.table, run, close);
  return { fields: statements.fields, session, run };
}

type Run = (text: string, values?: unknown[]) => Promise<unknown[]>;

function createSession(
  sql: Statements,
  table: string,
  run: Run,
  close: () => Promise<void>,
): MirrorSession {
  const toJson = (rows: readonly UserRow[]): string => JSON.stringify(rows.map(sql.toColumns));
  return {
    close,
    async position() {
      const [row] = (await run(sql.findPosition, [table])) as { position: string }[];
      return row?.position ?? null;
    },
    forgetPosition: async () => void (await run(sql.deletePosition, [table])),
    find: async (ids) => (await run(sql.find, [ids])).map(toUserRow),
    async list(after, limit) {
      const first = after === null;
      const rows = await (first ? run(sql.listFirst, [limit]) : run(sql.listNext, [limit, after]));
      return rows.map(toUserRow);
    },
    async apply({ rows, deleted, position }) {
      await run(sql.apply, [toJson(rows), deleted, table, position]);
    },
    async replaceAll(pages, position) {
      await run(sql.dropFill);
      await run(sql.createFill);
      for await (const rows of pages)
        if (rows.length > 0) await run(sql.insertFill, [toJson(rows)]);
      await run(sql.replaceByFill, [table, position()]);
      await run(sql.dropFill);
    },
  };
}

/** Drivers return `bigint` as a text. */
function toUserRow(row: unknown): UserRow {
  const found = row as UserRow;
  return { ...found, version: Number(found.version) };
}

async function lock(run: Run, table: string, signal: AbortSignal): Promise<void> {
  while (!(await tryLock(run, table))) {
    await pause(LOCK_RETRY_MS, signal);
    if (signal.aborted) throw new StoreUnavailable('Stopped while another process has the table.');
  }
}

async function tryLock(run: Run, table: string): Promise<boolean> {
  const attempt = 'select pg_try_advisory_lock(hashtextextended($1, 0)) as locked';
  const [row] = (await run(attempt, [`user-service mirror ${table}`])) as { locked: boolean }[];
  return row?.locked === true;
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (SQLSTATE.test(code) && !PASSING.test(code)) throw error;
    throw new StoreUnavailable('The table cannot be used at the moment.', { cause: error });
  }
}

interface Statements extends Readonly<Record<(typeof NAMES)[number], string>> {
  readonly fields: readonly string[];
  /** Names of tables, and how they are created. */
  readonly create: readonly (readonly [name: string, statement: string])[];
  /** The row with the names of its columns. */
  readonly toColumns: (row: UserRow) => Readonly<Record<string, unknown>>;
}

const NAMES = [
  ...(['findPosition', 'deletePosition', 'find', 'listFirst', 'listNext'] as const),
  ...(['apply', 'dropFill', 'createFill', 'insertFill', 'replaceByFill'] as const),
] as const;

/** @throws TypeError for a name that can be none */
function createStatements({ table, columns, positionTable }: PgStoreOptions): Statements {
  const named = Array.isArray(columns ?? DEFAULT_COLUMNS)
    ? Object.fromEntries(((columns ?? DEFAULT_COLUMNS) as string[]).map((name) => [name, name]))
    : (columns as Readonly<Record<string, string>>);
  const all = Object.entries({ id: 'id', version: 'version', ...named });
  const fields = all.map(([field]) => field).filter((name) => name !== 'id' && name !== 'version');
  const quoted = all.map(([field, column]) => ({ field, column: quote(column) }));
  const names = quoted.map(({ column }) => column).join(', ');
  const { id } = Object.fromEntries(quoted.map(({ field, column }) => [field, column]));
  const target = table.split('.', 3).map(quote).join('.');
  const positions = (positionTable ?? 'user_service_mirrors').split('.', 3).map(quote).join('.');
  const fill = 'pg_temp.user_service_fill';
  const rows = `select ${names} from jsonb_populate_recordset(null::${target}, $1::jsonb)`;
  const select = `select ${quoted.map(({ field, column }) => `${column} as ${quote(field)}`).join(', ')} from ${target}`;
  const replaced = quoted
    .filter(({ field }) => field !== 'id')
    .map(({ column }) => `${column} = excluded.${column}`)
    .join(', ');
  const upsert = (source: string) =>
    `insert into ${target} as kept (${names}) ${source} on conflict (${id}) do update set ${replaced}`;
  const savePosition = (name: string, position: string) =>
    `insert into ${positions} as saved (name, position) select ${name}, ${position}::text
     where ${position}::text is not null
     on conflict (name) do update set position = excluded.position`;
  return {
    fields,
    create: [
      [positions, `create table ${positions} (name text primary key, position text not null)`],
      [
        target,
        `create table ${target} (${quoted
          .map(({ field, column }) => `${column} ${TYPES[field] ?? 'text'}`)
          .join(', ')})`,
      ],
    ],
    toColumns: (row) => Object.fromEntries(all.map(([field, column]) => [column, row[field]])),
    findPosition: `select position from ${positions} where name = $1`,
    deletePosition: `delete from ${positions} where name = $1`,
    find: `${select} where ${id} = any($1)`,
    listFirst: `${select} order by ${id} limit $1`,
    listNext: `${select} where ${id} > $2 order by ${id} limit $1`,
    apply: `with gone as (delete from ${target} where ${id} = any($2)),
       stored as (${upsert(rows)})
     ${savePosition('$3', '$4')}`,
    dropFill: `drop table if exists ${fill}`,
    createFill: `create temporary table user_service_fill as select ${names} from ${target} where false`,
    insertFill: `insert into ${fill} (${names}) ${rows}`,
    replaceByFill: `with gone as (
         delete from ${target} as kept where not exists (select from ${fill} where ${fill.split('.')[1]}.${id} = kept.${id})
       ),
       stored as (${upsert(`select ${names} from ${fill}`)})
     ${savePosition('$1', '$2')}`,
  };
}

/** @throws TypeError for what cannot be a name in PostgreSQL */
function quote(name: string): string {
  if (!/^[^\0]{1,63}$/.test(name)) throw new TypeError('A name of a table or column is wrong.');
  return `"${name.replaceAll('"', '""')}"`;
}
