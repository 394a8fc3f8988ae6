import { writeFileSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { findFreePort } from './free-port.ts';
import { initializeDataDirectory, superuser } from './initdb.ts';
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

/** Everything a client needs for the superuser's connection over TCP; plain data. */
export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** What a test may ask of its server. */
export interface PostgresOptions {
  /** Sync to disk as in production; for tests that kill the server. False by default. */
  readonly durable?: boolean;
  readonly tls?: PostgresTls;
  /** Over the defaults of `postgres-settings.ts`. */
  readonly settings?: PostgresSettings;
  /** Lines of `pg_hba.conf` in place of "a password for everybody". */
  readonly accessRules?: readonly string[];
}

/**
 * A private PostgreSQL server: running after `startPostgres`, `restart` and `start`; frozen between
 * `freeze` and `thaw`; down after `kill` (data kept) and for good after `stop`.
 */
export interface PostgresServer {
  /** To the database `postgres`. The port stays the same over restarts. */
  readonly connectionOptions: ConnectionOptions;
  /** Holds the Unix socket; a `host` of clients that shall not use TCP. */
  readonly socketDirectory: string;
  /** Pid of the postmaster; throws while the server is down. */
  readonly pid: () => number;
  /** What the server has logged since `startPostgres`. */
  readonly log: () => string;
  /** Runs one statement as superuser, on a connection of its own. */
  readonly query: (sql: string, database?: string) => Promise<Record<string, unknown>[]>;
  /** Names may not need quoting. Copies `template` where it is given. */
  readonly createDatabase: (name: string, template?: string) => Promise<ConnectionOptions>;
  /** Ends the database's connections first. */
  readonly dropDatabase: (name: string) => Promise<void>;
  /** Adds to the settings, and comes back once new connections have them. */
  readonly reload: (settings: PostgresSettings) => Promise<void>;
  /** SIGSTOP to the postmaster and all its children: sockets stay open and answer nothing. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** SIGKILL to the postmaster and all its children, as at a power cut; the data stays. */
  readonly kill: () => Promise<void>;
  /** Starts it again after `kill`. */
  readonly start: () => Promise<void>;
  readonly restart: (mode?: StopMode) => Promise<void>;
  /** Ends the server and removes its files; frozen or killed before, too. May be called twice. */
  readonly stop: (mode?: StopMode) => Promise<void>;
}

/**
 * Starts a PostgreSQL server of its own: new cluster, free port of 127.0.0.1, random password. It
 * dies with this process, however that ends. Throws when PostgreSQL is not installed, naming the
 * remedy, or with the server's log when it does not come up.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const user = findUnprivilegedUser();
  const directory = createTemporaryDirectory('pg', user);
  try {
    const password = await initializeDataDirectory(directory.path);
    const postmaster = createPostmaster(directory.path);
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
    return {
      connectionOptions,
      socketDirectory: directory.path,
      ...postmaster,
      ...createAdministration(connectionOptions, directory.path, (added) => {
        settings = { ...settings, ...added };
        files.write('postgresql.conf', settingsFile(settings));
        sendSignal(postmaster.pid(), 'SIGHUP');
      }),
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

/** Writes into the data directory; the server accepts only files that are its user's. */
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

/** Somebody else may take the port between finding and binding it. */
async function startOnFreePort(
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

/** What goes over SQL, as superuser: through the socket, where neither TLS nor TCP is in the way. */
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
          if ((await loadTime()) === before) throw new Error('the old settings still hold');
        },
        { what: 'the reload of the settings' },
      );
    },
  };
}
