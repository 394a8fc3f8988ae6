import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningProcess, startProcess } from './child-process.ts';
import { findFreePort } from './free-port.ts';
import { findServerBinary } from './server-binaries.ts';
import { createTemporaryDirectory } from './temp-directory.ts';

export interface NatsOptions {
  /** Enables JetStream, with its store in a directory of this server. */
  readonly jetstream?: boolean;
  /** PEM files. With `caPath`, clients need a certificate of that CA. */
  readonly tls?: {
    readonly certificatePath: string;
    readonly privateKeyPath: string;
    readonly caPath?: string;
  };
  /** A block of the server's configuration, such as `authorization { … }` or `accounts { … }`. */
  readonly accounts?: string;
  /** Where streams are stored; by default a directory that `stop` removes. */
  readonly storeDirectory?: string;
}

/**
 * A private NATS server. It runs after `startNats`, `start` and `restart`, is frozen between `freeze` and `thaw`, is down
 * after `kill`, which keeps the streams, and is removed by `stop`.
 */
export interface NatsServer {
  /** `nats://127.0.0.1:<port>`; the port stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  readonly storeDirectory: string;
  /** The server's log since its last start. */
  readonly log: () => string;
  /** SIGKILL; the streams stay. */
  readonly kill: () => Promise<void>;
  /** Starts the server again after `kill`. */
  readonly start: () => Promise<void>;
  /** SIGTERM and a new start. */
  readonly restart: () => Promise<void>;
  /** SIGSTOP: sockets stay open and nothing answers. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  /** Copies the streams. @returns the directory of the copy, for `replaceStore`. */
  readonly saveStore: () => Promise<string>;
  /** Kills the server and starts it with the saved streams, or with none. */
  readonly replaceStore: (saved?: string) => Promise<void>;
  /** Stops the server, even when it is frozen or killed, and removes its files. May be called twice. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a NATS server on a free port of 127.0.0.1. It ends with this process.
 * @throws Error when nats-server is not installed, with the remedy, or does not start, with its log.
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
        // Another process may bind the port after it was found free.
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
