import { chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningProcess, startProcess } from './child-process.ts';
import { eventually } from './eventually.ts';
import { findFreePort } from './free-port.ts';
import type { ConnectionOptions } from './postgres-server.ts';
import { findServerBinary } from './server-binaries.ts';
import { runStatement } from './superuser.ts';
import { createTemporaryDirectory } from './temp-directory.ts';
import { findUnprivilegedUser } from './unprivileged-user.ts';

export interface PgBouncerOptions {
  /** The connection to the server; its user is the only user of the pooler. */
  readonly postgres: ConnectionOptions;
  /** The only database of the pooler; that of `postgres` by default. */
  readonly database?: string;
  /** `transaction` by default. */
  readonly poolMode?: 'session' | 'transaction' | 'statement';
  /** Settings of `pgbouncer.ini`; they override the defaults below. */
  readonly settings?: Readonly<Record<string, string | number>>;
}

export interface PgBouncer {
  /** Those of the server, with the pooler's port. */
  readonly connectionOptions: ConnectionOptions;
  readonly log: () => string;
  /** Runs a command of the admin console, such as `show pools`. */
  readonly admin: (command: string) => Promise<Record<string, unknown>[]>;
  /** Sends SIGKILL. The server stays up. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/**
 * Starts PgBouncer on a free port of 127.0.0.1 in front of a server, with SCRAM on both sides. It is as strict as its
 * defaults: it rejects start-up settings of clients that it does not know. It ends with this process.
 * @throws Error that names the remedy when PgBouncer is not installed, or that contains its log when it does not start.
 */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  const { postgres, database = postgres.database } = options;
  const user = findUnprivilegedUser();
  const directory = createTemporaryDirectory('pgb', user);
  const write = (name: string, text: string): string => {
    const path = join(directory.path, name);
    writeFileSync(path, text, { mode: 0o600 });
    if (user !== undefined) chownSync(path, user.uid, user.gid);
    return path;
  };
  let running: RunningProcess | undefined;
  try {
    const port = await findFreePort(postgres.host);
    // A plain password allows SCRAM in both directions; a verifier would allow it for clients only.
    const users = write('users.txt', `${quoted(postgres.user)} ${quoted(postgres.password)}\n`);
    const configuration = write(
      'pgbouncer.ini',
      iniFile(
        { [database]: `host=${postgres.host} port=${postgres.port} dbname=${database}` },
        {
          listen_addr: postgres.host,
          listen_port: port,
          unix_socket_dir: '',
          auth_type: 'scram-sha-256',
          auth_file: users,
          admin_users: postgres.user,
          pool_mode: options.poolMode ?? 'transaction',
          max_client_conn: 200,
          default_pool_size: 20,
          server_login_retry: 1,
          ...options.settings,
        },
      ),
    );
    running = await startProcess(findServerBinary('pgbouncer'), [configuration], {
      runAs: user,
      directory: directory.path,
    });
    const pooler = running;
    const connectionOptions = { ...postgres, port, database };
    const admin: PgBouncer['admin'] = (command) =>
      runStatement({ ...connectionOptions, database: 'pgbouncer' }, command);
    await eventually(
      async () => {
        if (!pooler.hasExited()) await admin('show version');
      },
      { timeoutMs: 10_000, what: 'a ready PgBouncer' },
    );
    if (pooler.hasExited())
      throw new Error(`PgBouncer ended during its start:\n${pooler.output()}`);
    return {
      connectionOptions,
      log: pooler.output,
      admin,
      async kill() {
        await pooler.kill();
      },
      async stop() {
        await pooler.stop();
        await directory.remove();
      },
    };
  } catch (error) {
    await running?.kill();
    await directory.remove();
    throw error;
  }
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function iniFile(
  databases: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, string | number>>,
): string {
  const lines = (entries: Readonly<Record<string, string | number>>): string =>
    Object.entries(entries)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join('');
  return `[databases]\n${lines(databases)}\n[pgbouncer]\n${lines(settings)}`;
}
