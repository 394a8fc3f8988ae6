import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningProcess, startProcess } from './child-process.ts';
import { findFreePort } from './free-port.ts';
import { findServerBinary } from './server-binaries.ts';
import { createTemporaryDirectory } from './temp-directory.ts';

/** What a test may ask of its server. */
export interface NatsOptions {
  /** Keeps streams, in a directory of this server. */
  readonly jetstream?: boolean;
  /** PEM files; with `caPath` clients need a certificate of that CA. */
  readonly tls?: {
    readonly certificatePath: string;
    readonly privateKeyPath: string;
    readonly caPath?: string;
  };
  /** A block of the server's own configuration, such as `authorization { … }` or `accounts { … }`. */
  readonly accounts?: string;
  /** Where streams are kept; a directory of its own by default, which is removed at the end. */
  readonly storeDirectory?: string;
}

/**
 * A private NATS server: running after `startNats`, `start` and `restart`; frozen between `freeze` and `thaw`; down
 * after `kill` (streams kept) and for good after `stop`.
 */
export interface NatsServer {
  /** `nats://127.0.0.1:<port>`; the port stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  readonly storeDirectory: string;
  /** What the server has logged since its last start. */
  readonly log: () => string;
  /** SIGKILL; the streams stay. */
  readonly kill: () => Promise<void>;
  /** Starts it again after `kill`. */
  readonly start: () => Promise<void>;
  /** SIGTERM, and up again. */
  readonly restart: () => Promise<void>;
  /** SIGSTOP: sockets stay open and answer nothing. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** A copy of the streams as they are now. @returns its directory, for `replaceStore`. */
  readonly saveStore: () => Promise<string>;
  /** Kills the server and starts it with these older streams, or with none. */
  readonly replaceStore: (saved?: string) => Promise<void>;
  /** Ends the server and removes its files; frozen or killed before, too. May be called twice. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a NATS server on a free port of 127.0.0.1. It dies with this process, however that ends. Throws when
 * nats-server is not installed, naming the remedy, or with its log when it does not come up.
 */
export async function startNats(options: NatsOptions = {}): Promise<NatsServer> {
  const binary = findServerBinary('nats-server');
  const directory = createTemporaryDirectory('nats');
  const storeDirectory = options.storeDirectory ?? join(directory.path, 'store');
  const configPath = join(directory.path, 'nats.conf');
  let running: RunningProcess | undefined;
  let saves = 0;

  async function start(): Promise<void> {
    const started = await startProcess(binary, ['-c', configPath], {
      cwd: directory.path,
      directory: directory.path,
    });
    running = started;
    await started.waitForLine(/Server is ready/);
  }

  async function end(): Promise<void> {
    running?.signal('SIGCONT');
    await running?.stop();
  }

  const kill = async (): Promise<void> => void (await running?.kill());

  async function startOnFreePort(): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      const port = await findFreePort();
      writeFileSync(configPath, configuration(port, storeDirectory, options), { mode: 0o600 });
      try {
        await start();
        return port;
      } catch (error) {
        await kill();
        // Somebody else may have taken the port between finding and binding it.
        const taken = /address already in use/.test(running?.output() ?? '');
        if (!taken || attempt === 5) throw error;
      }
    }
  }

  try {
    const port = await startOnFreePort();
    return {
      url: `nats://127.0.0.1:${port}`,
      port,
      storeDirectory,
      log: () => running?.output() ?? '',
      kill,
      start,
      async restart() {
        await end();
        await start();
      },
      freeze: () => running?.signal('SIGSTOP'),
      thaw: () => running?.signal('SIGCONT'),
      async saveStore() {
        await end();
        saves += 1;
        const copy = join(directory.path, `saved-${saves}`);
        cpSync(storeDirectory, copy, { recursive: true });
        await start();
        return copy;
      },
      async replaceStore(saved) {
        await kill();
        rmSync(storeDirectory, { recursive: true, force: true });
        mkdirSync(storeDirectory, { recursive: true });
        if (saved !== undefined) cpSync(saved, storeDirectory, { recursive: true });
        await start();
      },
      async stop() {
        await end();
        await directory.remove();
      },
    };
  } catch (error) {
    await kill();
    await directory.remove();
    throw error;
  }
}

function configuration(port: number, storeDirectory: string, options: NatsOptions): string {
  const { tls, jetstream = false, accounts = '' } = options;
  const lines = ['host: 127.0.0.1', `port: ${port}`, 'server_name: test', accounts];
  if (jetstream) {
    lines.push(`jetstream { store_dir: ${JSON.stringify(storeDirectory)}, max_mem: 64MB }`);
  }
  if (tls !== undefined) {
    const client =
      tls.caPath === undefined ? '' : `ca_file: ${JSON.stringify(tls.caPath)}, verify: true`;
    lines.push(
      `tls { cert_file: ${JSON.stringify(tls.certificatePath)}, key_file: ${JSON.stringify(tls.privateKeyPath)}, ${client} }`,
    );
  }
  return lines.join('\n').concat('\n');
}
