import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../system/monotonic.ts';
import { SESSION_SETTINGS } from '../session-settings.ts';
import type { MigrationConnection } from '../sql.ts';
import { MigrationError, sqlStateOf } from './error.ts';

/** Log for the operator. Fields contain no content of rows. */
export type MigrationLog = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface SessionOptions {
  /** Longest wait for another migrator. */
  readonly lockWaitMs: number;
  /** Longest wait of one statement for a lock on a table. */
  readonly lockTimeoutMs: number;
}

/** A session that holds the migrator's lock. */
export interface MigrationSession {
  /** @throws MigrationError `pooler` when the connection's session no longer holds the lock. */
  assertHeld(): Promise<void>;
  /** Sets the longest wait of one statement for a lock; 0 for no limit. */
  setLockTimeout(timeoutMs: number): Promise<void>;
}

/** The key of the advisory lock, within one database. The first integer is "user" in ASCII. */
const LOCK = { space: 0x75736572, id: 1 } as const;
const POLL_MS = 200;
const REPORT_EVERY_MS = 5_000;

/** Returns the session that holds the migrator's lock: a row means that a migrator is running. */
export const LOCK_HOLDER_QUERY = `
  select l.pid, a.application_name as application
  from pg_locks l left join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.granted and l.classid = ${LOCK.space} and l.objid = ${LOCK.id} and l.objsubid = 2
    and l.database = (select oid from pg_database where datname = current_database())`;

/**
 * Runs `work` while this session is the only migrator of its database. The lock belongs to the session, so the server
 * releases it when the connection ends for any reason. It is polled, because a session that waits for it would hold a
 * snapshot that CREATE INDEX CONCURRENTLY waits for.
 * @throws MigrationError `locked` after `lockWaitMs`; `pooler` when the connection does not keep one session.
 */
export async function withMigrationLock<T>(
  connection: MigrationConnection,
  options: SessionOptions,
  log: MigrationLog,
  work: (session: MigrationSession) => Promise<T>,
): Promise<T> {
  const pid = await backendPid(connection);
  const secondPid = await backendPid(connection);
  if (pid !== secondPid || (connection.announcedPid ?? pid) !== pid) throw behindPooler();
  await acquire(connection, options.lockWaitMs, log);
  const session = createSession(connection, pid);
  let succeeded = false;
  let before: Readonly<Record<string, string>> = {};
  try {
    await session.assertHeld();
    before = await configure(connection, options);
    const result = await work(session);
    succeeded = true;
    return result;
  } finally {
    // After a failure the connection may be lost. That error must not hide the failure.
    await release(connection, before).catch((error: unknown) => {
      if (succeeded) throw error;
    });
  }
}

function createSession(connection: MigrationConnection, pid: number): MigrationSession {
  return {
    async assertHeld() {
      const { rows } = await connection.query<{ pid: number; held: boolean }>(
        `select pg_backend_pid() as pid, pg_backend_pid() in (select pid from (${LOCK_HOLDER_QUERY}) as holder) as held`,
      );
      if (rows[0]?.pid !== pid || !rows[0].held) throw behindPooler();
    },
    async setLockTimeout(timeoutMs) {
      await connection.query("select set_config('lock_timeout', $1, false)", [String(timeoutMs)]);
    },
  };
}

async function backendPid(connection: MigrationConnection): Promise<number> {
  const { rows } = await connection.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}

function behindPooler(): MigrationError {
  return new MigrationError(
    'pooler',
    'The connection does not keep one session: a pooler in transaction mode is between the migrator and PostgreSQL. Migrate over a direct connection: set DATABASE_HOST and DATABASE_PORT to the server itself for `user-service migrate`.',
  );
}

async function acquire(
  connection: MigrationConnection,
  lockWaitMs: number,
  log: MigrationLog,
): Promise<void> {
  const start = monotonicMs();
  let reported = Number.NEGATIVE_INFINITY;
  for (;;) {
    const { rows } = await connection.query<{ locked: boolean }>(
      'select pg_try_advisory_lock($1, $2) as locked',
      [LOCK.space, LOCK.id],
    );
    if (rows[0]?.locked === true) return;
    const waitedMs = monotonicMs() - start;
    if (waitedMs >= lockWaitMs) {
      const holder = await findHolder(connection);
      throw new MigrationError(
        'locked',
        `Another migrator still holds the lock after ${Math.round(lockWaitMs / 1000)} s${holder}. Wait until it has finished and try again. If it hangs, end it with \`select pg_terminate_backend(pid)\`.`,
      );
    }
    if (waitedMs - reported >= REPORT_EVERY_MS) {
      reported = waitedMs;
      const holder = await findHolder(connection);
      log(`another migrator holds the lock${holder}; waiting`, { waited_ms: Math.round(waitedMs) });
    }
    await delay(Math.min(POLL_MS, lockWaitMs - waitedMs));
  }
}

async function findHolder(connection: MigrationConnection): Promise<string> {
  const { rows } = await connection.query<{ pid: number; application: string | null }>(
    LOCK_HOLDER_QUERY,
  );
  const [holder] = rows;
  if (holder === undefined) return '';
  const name = holder.application ? ` (${holder.application})` : '';
  return `, pid ${holder.pid}${name}`;
}

const REQUIRED_SETTINGS = [
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
] as const;
/**
 * With these the server detects a dead migrator during a statement, and releases its lock. Not every platform supports
 * all of them.
 */
const LIVENESS_SETTINGS = {
  client_connection_check_interval: '2000',
  tcp_keepalives_idle: '15',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
} as const;

/** @returns the settings of the session that it replaced, by name. */
async function configure(
  connection: MigrationConnection,
  options: SessionOptions,
): Promise<Readonly<Record<string, string>>> {
  await connection.query(
    `select set_config('statement_timeout', '0', false), set_config('lock_timeout', $1, false),
            set_config('idle_in_transaction_session_timeout', '0', false)`,
    [String(options.lockTimeoutMs)],
  );
  const before = await sessionSettings(connection);
  await setAll(connection, SESSION_SETTINGS);
  for (const [name, value] of Object.entries(LIVENESS_SETTINGS)) {
    try {
      await connection.query('select set_config($1, $2, false)', [name, value]);
    } catch (error) {
      // 22023 and 42704: this server does not offer the setting.
      if (!['22023', '42704'].includes(sqlStateOf(error) ?? '')) throw error;
    }
  }
  return before;
}

async function sessionSettings(connection: MigrationConnection): Promise<Record<string, string>> {
  const { rows } = await connection.query<{ name: string; value: string }>(
    'select name, current_setting(name) as value from unnest($1::text[]) as name',
    [Object.keys(SESSION_SETTINGS)],
  );
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

async function setAll(
  connection: MigrationConnection,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  await connection.query(
    'select set_config(name, value, false) from unnest($1::text[], $2::text[]) as t (name, value)',
    [Object.keys(settings), Object.values(settings)],
  );
}

/** Restores every setting, since the embedded database continues to use the same session. */
async function release(
  connection: MigrationConnection,
  before: Readonly<Record<string, string>>,
): Promise<void> {
  const names = [...REQUIRED_SETTINGS, ...Object.keys(LIVENESS_SETTINGS)];
  await connection.execute(names.map((name) => `reset ${name};`).join(' '));
  await setAll(connection, before);
  await connection.query('select pg_advisory_unlock($1, $2)', [LOCK.space, LOCK.id]);
}
