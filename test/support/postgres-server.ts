import { writeFileSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { findFreePort } from './free-port.ts';
import { initializeDataDirectory, superuser } from './initdb.ts';
import { createServerClock, type ServerClock } from './postgres-clock.ts';
import {
  defaultAccessRules,
  defaultSettings,
  type PostgresSettings,
  type PostgresTls,
  settingsFile,
} from './postgres-settings.ts';
import { createPostmaster, type Postmaster, type StopMode } from './postmaster.ts';
import { sendSignal } from './processes.ts';
import { createDatabase, dropDatabase, runStatement } from './superuser.ts';
import { createTemporaryDirectory } from './temp-directory.ts';
import { findUnprivilegedUser } from './unprivileged-user.ts';

/** How a client connects as superuser over TCP. Plain data, which can be serialized. */
export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface PostgresOptions {
  /** Syncs to disk as in production, for tests that kill the server. False by default. */
  readonly durable?: boolean;
  readonly tls?: PostgresTls;
  /** Override the defaults of `postgres-settings.ts`. */
  readonly settings?: PostgresSettings;
  /** Lines of `pg_hba.conf`; by default every client needs a password. */
  readonly accessRules?: readonly string[];
  /** Lets `stepClock` set the server's wall clock. False by default; Linux only. */
  readonly steppableClock?: boolean;
}

/**
 * A private PostgreSQL server. States: running after `startPostgres`, `restart` and `start`; frozen between `freeze`
 * and `thaw`; down after `kill`, which keeps the data; removed after `stop`.
 */
export interface PostgresServer {
  /** For the database `postgres`. The port stays the same across restarts. */
  readonly connectionOptions: ConnectionOptions;
  /** Contains the Unix socket; the `host` for clients without TCP. */
  readonly socketDirectory: string;
  /** Pid of the postmaster. @throws Error while the server is down. */
  readonly pid: () => number;
  /** What the server has logged since `startPostgres`. */
  readonly log: () => string;
  /** Runs one statement as superuser, on a new connection. */
  readonly query: (sql: string, database?: string) => Promise<Record<string, unknown>[]>;
  /** The name must not need quotes. Copies `template` when given. */
  readonly createDatabase: (name: string, template?: string) => Promise<ConnectionOptions>;
  /** Ends the database's connections first. */
  readonly dropDatabase: (name: string) => Promise<void>;
  /** Adds settings, and resolves when new connections use them. */
  readonly reload: (settings: PostgresSettings) => Promise<void>;
  /** Sends SIGSTOP to the postmaster and all its children: sockets stay open without a response. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /**
   * Sets the server's wall clock to this many seconds from the real one; negative is in the past. Its monotonic clock
   * goes on. Needs `steppableClock`. `pg_sleep` and the server's own timers follow the wall clock.
   */
  readonly stepClock: (offsetSeconds: number) => Promise<void>;
  /** Sends SIGKILL to the postmaster and all its children. Keeps the data. */
  readonly kill: () => Promise<void>;
  /** Starts it again after `kill`. */
  readonly start: () => Promise<void>;
  readonly restart: (mode?: StopMode) => Promise<void>;
  /** Ends the server, even if frozen or killed, and removes its files. May be called twice. */
  readonly stop: (mode?: StopMode) => Promise<void>;
}

/**
 * Starts a private PostgreSQL server: new cluster, free port of 127.0.0.1, random password. A watchdog ends it when
 * this process dies.
 * @throws Error that names the remedy when PostgreSQL is not installed, or contains the log when it does not start.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const user = findUnprivilegedUser();
  const directory = createTemporaryDirectory('pg', user);
  try {
    const password = await initializeDataDirectory(directory.path);
    const clock = options.steppableClock === true ? createServerClock(directory.path) : undefined;
    const postmaster = createPostmaster(directory.path, clock?.env);
    let settings: PostgresSettings = {
      ...defaultSettings({ durable: options.durable === true, tls: options.tls !== undefined }),
      unix_socket_directories: directory.path,
      ...options.settings,
    };
    const files = clusterFiles(directory.path);
    files.write('pg_hba.conf', (options.accessRules ?? defaultAccessRules).join('\n').concat('\n'));
    if (options.tls !== undefined) {
      files.write('server.crt', options.tls.certificate);
      files.write('server.key', options.tls.privateKey);
      if (options.tls.clientCa !== undefined) {
        files.write('client-ca.crt', options.tls.clientCa);
        settings = { ...settings, ssl_ca_file: 'client-ca.crt' };
      }
    }
    await files.giveTo(user);
    const port = await startOnFreePort(postmaster, (candidate) => {
      settings = { ...settings, port: candidate };
      files.write('postgresql.conf', settingsFile(settings));
    });
    const connectionOptions = {
      host: '127.0.0.1',
      port,
      user: superuser,
      password,
      database: 'postgres',
    };
    const administration = createAdministration(connectionOptions, directory.path, (added) => {
      settings = { ...settings, ...added };
      files.write('postgresql.conf', settingsFile(settings));
      sendSignal(postmaster.pid(), 'SIGHUP');
    });
    return {
      connectionOptions,
      socketDirectory: directory.path,
      ...postmaster,
      ...administration,
      stepClock: (offsetSeconds) => stepClock(clock, offsetSeconds, administration.query),
      async restart(mode: StopMode = 'fast') {
        await postmaster.end(mode);
        await postmaster.start();
      },
      async stop(mode: StopMode = 'fast') {
        await postmaster.end(mode);
        await directory.remove();
      },
    };
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

/** Writes into the data directory. The server accepts only files that its user owns. */
function clusterFiles(directory: string) {
  const written = new Set<string>();
  return {
    write(name: string, text: string): void {
      const path = join(directory, 'data', name);
      writeFileSync(path, text, { mode: 0o600 });
      written.add(path);
    },
    async giveTo(user: { uid: number; gid: number } | undefined): Promise<void> {
      if (user === undefined) return;
      for (const path of written) await chown(path, user.uid, user.gid);
    },
  };
}

/** Checks that the step took place: the loader ignores a library that it cannot load. */
async function stepClock(
  clock: ServerClock | undefined,
  offsetSeconds: number,
  query: PostgresServer['query'],
): Promise<void> {
  if (clock === undefined) throw new Error('start the server with `steppableClock`');
  clock.set(offsetSeconds);
  const [row] = await query('select extract(epoch from clock_timestamp())::float8 as seconds');
  const offBySeconds = Number(row?.seconds) - Date.now() / 1_000 - offsetSeconds;
  if (Math.abs(offBySeconds) > 5) {
    throw new Error(`the clock of the server is ${offBySeconds} s off its set time`);
  }
}

/** Retries, since another process may take the port before the server binds it. */
export async function startOnFreePort(
  postmaster: Postmaster,
  configure: (port: number) => void,
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    configure(port);
    try {
      await postmaster.start();
      return port;
    } catch (error) {
      const taken = error instanceof Error && /could not (bind|create any TCP)/.test(error.message);
      if (!taken || attempt === 5) throw error;
    }
  }
}

/** SQL as superuser through the socket, which works whatever TLS and TCP settings the server has. */
function createAdministration(
  connection: ConnectionOptions,
  socketDirectory: string,
  applySettings: (added: PostgresSettings) => void,
) {
  const local = { ...connection, host: socketDirectory };
  const query: PostgresServer['query'] = (sql, database = connection.database) =>
    runStatement({ ...local, database }, sql);
  return {
    query,
    async createDatabase(name: string, template?: string): Promise<ConnectionOptions> {
      await createDatabase(local, name, template);
      return { ...connection, database: name };
    },
    async dropDatabase(name: string): Promise<void> {
      await dropDatabase(local, name);
    },
    async reload(added: PostgresSettings): Promise<void> {
      const loadTime = async (): Promise<string> =>
        JSON.stringify(await query('select pg_conf_load_time()::text'));
      const before = await loadTime();
      applySettings(added);
      await eventually(
        async () => {
          if ((await loadTime()) === before) throw new Error('the old settings are still in use');
        },
        { what: 'the reload of the settings' },
      );
    },
  };
}
