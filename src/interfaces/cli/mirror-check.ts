import { setTimeout as delay } from 'node:timers/promises';
import {
  compareUsers,
  differenceOf,
  type LockedPgCopy,
  lockPgCopy,
  openPgCopy,
  type PgCopy,
  type PgStoreOptions,
  repairRows,
  StoreUnavailable,
  toRow,
  type UserDifference,
  type UserRow,
} from '@user-service/client/events';
import { connectionReason } from '../../lib/connection-reason.ts';
import type { CliDeps } from './cli-deps.ts';
import { type OperatorDeps, readRecords } from './dead-letters.ts';
import { CommandFailure, UsageError } from './io.ts';
import { createReport } from './mirror-report.ts';
import { isRecord } from './problem.ts';
import { PATIENT, requestBody } from './retry.ts';
import { printable } from './text.ts';

export interface MirrorCheckOptions {
  readonly table: string;
  /** Columns of the table by the fields of users; undefined for the default of the client package. */
  readonly columns?: Readonly<Record<string, string>>;
  readonly json?: boolean;
  /** Makes rows that differ as the service has the users. */
  readonly repair?: boolean;
  /** Where mirrors keep their positions; needed for a repair when it is not the default of the client package. */
  readonly positionTable?: string;
}

export interface MirrorCheckDeps
  extends OperatorDeps,
    Pick<CliDeps, 'mirrorDatabaseUrl' | 'monotonicMs' | 'tuning'> {}

const PAGE = 200;
const ROWS = 500;
/** Users that are looked at again together; beyond them the comparison pauses. */
const MAX_SUSPECTS = 10_000;
/** A copy that follows the events is as the service within that time. */
const LOOKS = 3;
const LOOK_INTERVAL_MS = 2_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** What both sides have of users, page by page. */
interface Sides {
  readonly copy: () => Promise<PgCopy>;
  readonly fields: () => Promise<PgCopy['fields']>;
  readonly deps: MirrorCheckDeps;
  /** Counts users of the service. */
  readonly onPage: (users: number) => void;
}

/** Compares a copy of users with the service. @throws CommandFailure, UsageError without a database */
export async function checkMirror(
  options: MirrorCheckOptions,
  deps: MirrorCheckDeps,
): Promise<number> {
  const { io, signal } = deps;
  const connectionString = await deps.mirrorDatabaseUrl();
  if (connectionString === null) {
    throw new UsageError(
      'Set MIRROR_DATABASE_URL or MIRROR_DATABASE_URL_FILE to the database with the table.',
    );
  }
  const report = createReport(options, deps);
  const { Pool } = await import('pg');
  const pool = new Pool({
    ...{ connectionString, max: 1, connectionTimeoutMillis: CONNECT_TIMEOUT_MS },
    application_name: 'user-service mirror check',
  });
  pool.on('error', () => {});
  const { table, columns, positionTable, repair = false } = options;
  const where: PgStoreOptions = {
    ...{ pool, table },
    ...(columns === undefined ? {} : { columns }),
    ...(positionTable === undefined ? {} : { positionTable }),
  };
  let opened: Promise<PgCopy> | undefined;
  let locked: Promise<LockedPgCopy> | undefined;
  const lock = () => {
    locked ??= openForRepair(where);
    return locked;
  };
  const copy = () => {
    opened ??= repair ? lock() : openPgCopy(where);
    return opened;
  };
  const sides = { copy, fields: async () => (await copy()).fields, deps, onPage: report.count };
  try {
    const suspects: string[] = [];
    const settleSuspects = async () => {
      const ids = suspects.splice(0);
      const found = await (repair ? repairAll(ids, await lock(), sides) : confirm(ids, sides));
      for (const difference of found) report.add(difference);
    };
    for await (const { id } of compareUsers(usersOf(sides), rowsOf(sides))) {
      suspects.push(id);
      if (suspects.length >= (repair ? ROWS : MAX_SUSPECTS)) await settleSuspects();
      if (signal.aborted || io.stdoutClosed()) break;
    }
    await settleSuspects();
  } catch (error) {
    throw failureOfTable(error, repair ? 'repair' : 'read');
  } finally {
    await opened?.then((reader) => reader.close()).catch(() => {});
    await pool.end();
  }
  return report.end();
}

/** @throws CommandFailure unless a mirror has filled the table and none has it now */
async function openForRepair(where: PgStoreOptions): Promise<LockedPgCopy> {
  const copy = await lockPgCopy(where);
  if (copy === null) {
    throw new CommandFailure(
      'A mirror keeps this table. Stop it, or let it repair the table: call its reconcile().',
      { code: 'mirror_in_use' },
    );
  }
  try {
    if ((await copy.position()) !== null) return copy;
    // What another program keeps has another lock, or none.
    throw new CommandFailure('No mirror has filled this table: the start of a mirror does.', {
      code: 'mirror_not_filled',
    });
  } catch (error) {
    await copy.close();
    throw error;
  }
}

/** Users are sorted by id. The first page is read before the table is opened. */
async function* usersOf({ deps, fields, onPage }: Sides): AsyncGenerator<readonly UserRow[]> {
  const patient = { ...deps, policy: deps.policy ?? PATIENT };
  let cursor = '';
  do {
    const path = `/v1/users?limit=${PAGE}${cursor}`;
    const body = await requestBody({ method: 'GET', path }, patient);
    const users = readRecords(body, 'users');
    const kept = await fields();
    if (users.length > 0) yield users.map((user) => toRow(user, kept));
    onPage(users.length);
    const next = isRecord(body) ? body.next_cursor : null;
    cursor = typeof next === 'string' ? `&cursor=${encodeURIComponent(next)}` : '';
  } while (cursor !== '');
}

async function* rowsOf({ copy }: Sides): AsyncGenerator<readonly UserRow[]> {
  const reader = await copy();
  let after: string | null = null;
  for (;;) {
    const rows: readonly UserRow[] = await reader.list(after, ROWS);
    if (rows.length === 0) return;
    yield rows;
    after = rows.at(-1)?.id ?? after;
  }
}

/** Looks again: what is equal by then, or still gets newer versions, only was behind. */
async function confirm(ids: readonly string[], sides: Sides): Promise<readonly UserDifference[]> {
  const { signal, tuning } = sides.deps;
  let found = new Map<string, UserDifference>();
  for (let look = 0; look < LOOKS; look += 1) {
    if (look > 0 && found.size === 0) break;
    const pauseMs = look === 0 ? 0 : (tuning?.lookIntervalMs ?? LOOK_INTERVAL_MS);
    await delay(pauseMs, undefined, { signal });
    const previous = found;
    const differences = await compareAgain(look === 0 ? ids : [...found.keys()], sides);
    found = new Map(
      differences
        .filter(({ id, kind, copyVersion }) => {
          const before = previous.get(id);
          return kind !== 'older' || before === undefined || before.copyVersion === copyVersion;
        })
        .map((difference) => [difference.id, difference]),
    );
  }
  return [...found.values()];
}

/** Compares these users as both sides have them now. */
async function compareAgain(
  ids: readonly string[],
  sides: Sides,
): Promise<readonly UserDifference[]> {
  const reader = await sides.copy();
  const differences: UserDifference[] = [];
  for (let first = 0; first < ids.length; first += ROWS) {
    const some = ids.slice(first, first + ROWS);
    const rows = new Map((await reader.find(some)).map((row) => [row.id, row]));
    const users = new Map((await readUsers(some, sides)).map((user) => [user.id, user]));
    differences.push(...some.flatMap((id) => differenceOf(users.get(id), rows.get(id)) ?? []));
  }
  return differences;
}

/** No mirror writes the table now, so that what differs is wrong and not late. */
function repairAll(
  ids: readonly string[],
  copy: LockedPgCopy,
  sides: Sides,
): Promise<readonly UserDifference[]> {
  return repairRows(ids, copy, (some) => readUsers(some, sides));
}

/** The users of the service that exist. @throws CommandFailure when it does not say which are missing */
async function readUsers(
  ids: readonly string[],
  { deps, fields }: Sides,
): Promise<readonly UserRow[]> {
  const kept = await fields();
  const body = await requestBody({ method: 'POST', path: '/v1/users/batch', body: { ids } }, deps);
  const users = readRecords(body, 'users').map((user) => toRow(user, kept));
  const missing = isRecord(body) && Array.isArray(body.missing) ? body.missing.map(String) : [];
  const told = new Set([...users.map(({ id }) => id), ...missing]);
  // A repair deletes the rows of users that do not exist.
  if (told.size !== ids.length || !ids.every((id) => told.has(id))) {
    throw new CommandFailure('The service did not say of every user whether it exists.');
  }
  return users;
}

/** Names what is wrong with the table. The connection string is in no message. */
function failureOfTable(error: unknown, work: 'read' | 'repair'): unknown {
  if (error instanceof StoreUnavailable) {
    const reason = connectionReason(error.cause) ?? sqlTextOf(error.cause) ?? 'no connection';
    return new CommandFailure(`Cannot ${work} the table: ${reason}.`, {
      ...{ code: 'mirror_unreachable', cause: error },
    });
  }
  const text = sqlTextOf(error);
  if (text === null) return error;
  return new CommandFailure(`Cannot ${work} the table: ${text}.`, {
    ...{ code: 'mirror_unreadable', cause: error },
  });
}

/** The message of PostgreSQL, which names tables, columns and roles; null for other errors. */
function sqlTextOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('severity' in error)) return null;
  return printable(error.message.slice(0, 200));
}
