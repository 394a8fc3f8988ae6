import { setTimeout as delay } from 'node:timers/promises';
import {
  compareUsers,
  differenceOf,
  openPgCopy,
  type PgCopy,
  StoreUnavailable,
  toRow,
  type UserDifference,
  type UserRow,
} from '@user-service/client/events';
import { connectionReason } from '../../lib/connection-reason.ts';
import type { CliDeps } from './cli-deps.ts';
import { type OperatorDeps, readRecords } from './dead-letters.ts';
import { CommandFailure, EXIT, UsageError } from './io.ts';
import { isRecord } from './problem.ts';
import { PATIENT, requestBody } from './retry.ts';
import { counted, printable } from './text.ts';

export interface MirrorCheckOptions {
  readonly table: string;
  /** Columns of the table by the fields of users; undefined for the default of the client package. */
  readonly columns?: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

export interface MirrorCheckDeps
  extends OperatorDeps,
    Pick<CliDeps, 'mirrorDatabaseUrl' | 'monotonicMs' | 'tuning'> {}

const PAGE = 200;
const ROWS = 500;
const PROGRESS_INTERVAL_MS = 5_000;
/** Users that are looked at again together; beyond them the comparison pauses. */
const MAX_SUSPECTS = 10_000;
/** A copy that follows the events is as the service within that time. */
const LOOKS = 3;
const LOOK_INTERVAL_MS = 2_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Findings of one kind that are printed without `--json`. */
const MAX_PRINTED = 20;

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
  let opened: Promise<PgCopy> | undefined;
  const copy = () => {
    const { table, columns } = options;
    opened ??= openPgCopy({ pool, table, ...(columns === undefined ? {} : { columns }) });
    return opened;
  };
  const sides = { copy, fields: async () => (await copy()).fields, deps, onPage: report.count };
  try {
    const suspects: string[] = [];
    const confirmSuspects = async () => {
      for (const found of await confirm(suspects.splice(0), sides)) report.add(found);
    };
    for await (const { id } of compareUsers(usersOf(sides), rowsOf(sides))) {
      suspects.push(id);
      if (suspects.length >= MAX_SUSPECTS) await confirmSuspects();
      if (signal.aborted || io.stdoutClosed()) break;
    }
    await confirmSuspects();
  } catch (error) {
    throw failureOfTable(error);
  } finally {
    await opened?.then((reader) => reader.close()).catch(() => {});
    await pool.end();
  }
  return report.end();
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
  { deps, copy, fields }: Sides,
): Promise<readonly UserDifference[]> {
  const [reader, kept] = [await copy(), await fields()];
  const differences: UserDifference[] = [];
  for (let first = 0; first < ids.length; first += ROWS) {
    const some = ids.slice(first, first + ROWS);
    const rows = new Map((await reader.find(some)).map((row) => [row.id, row]));
    const body = await requestBody(
      { method: 'POST', path: '/v1/users/batch', body: { ids: some } },
      deps,
    );
    const users = new Map(
      readRecords(body, 'users').map((user) => [String(user.id), toRow(user, kept)]),
    );
    differences.push(...some.flatMap((id) => differenceOf(users.get(id), rows.get(id)) ?? []));
  }
  return differences;
}

function createReport({ json }: MirrorCheckOptions, { io, monotonicMs }: MirrorCheckDeps) {
  const kinds = new Map<string, number>();
  let users = 0;
  let shownAtMs = monotonicMs();
  return {
    count(more: number): void {
      users += more;
      if (monotonicMs() - shownAtMs < PROGRESS_INTERVAL_MS) return;
      shownAtMs = monotonicMs();
      io.stderr(`${counted(users, 'user')} compared`);
    },
    add(difference: UserDifference): void {
      const { kind, id, serviceVersion, copyVersion, fields } = difference;
      const count = (kinds.get(kind) ?? 0) + 1;
      kinds.set(kind, count);
      if (json === true) {
        const versions = { service_version: serviceVersion, copy_version: copyVersion };
        io.stdout(JSON.stringify({ kind, id, ...versions, fields }));
      } else if (count <= MAX_PRINTED) io.stdout(toLine(difference));
    },
    /** @returns the exit code */
    end(): number {
      const findings = [...kinds.values()].reduce((sum, count) => sum + count, 0);
      if (json === true) {
        io.stdout(JSON.stringify({ summary: { users, findings, ...Object.fromEntries(kinds) } }));
      } else {
        for (const [kind, count] of kinds) {
          if (count > MAX_PRINTED)
            io.stdout(`${kind}: ${count - MAX_PRINTED} more; --json shows all`);
        }
        io.stdout(`${counted(users, 'user')} of the service: ${counted(findings, 'finding')}`);
      }
      return findings > 0 ? EXIT.failed : EXIT.done;
    },
  };
}

function toLine({ kind, id, serviceVersion, copyVersion, fields }: UserDifference): string {
  const texts: Readonly<Record<UserDifference['kind'], string>> = {
    missing: 'the table does not have the user',
    extra: 'the service does not have the user',
    older: `the table has version ${copyVersion}, the service ${serviceVersion}`,
    newer: `the table has version ${copyVersion}, the service ${serviceVersion}`,
    different: `version ${copyVersion} has other values: ${fields.join(', ')}`,
  };
  return printable(`${kind}: ${id}: ${texts[kind]}`);
}

/** Names what is wrong with the table. The connection string is in no message. */
function failureOfTable(error: unknown): unknown {
  if (error instanceof StoreUnavailable) {
    const reason = connectionReason(error.cause) ?? sqlTextOf(error.cause) ?? 'no connection';
    return new CommandFailure(`Cannot read the table: ${reason}.`, {
      ...{ code: 'mirror_unreachable', cause: error },
    });
  }
  const text = sqlTextOf(error);
  if (text === null) return error;
  return new CommandFailure(`Cannot read the table: ${text}.`, {
    ...{ code: 'mirror_unreadable', cause: error },
  });
}

/** The message of PostgreSQL, which names tables, columns and roles; null for other errors. */
function sqlTextOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('severity' in error)) return null;
  return printable(error.message.slice(0, 200));
}
