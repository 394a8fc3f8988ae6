import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { listChildren, sendSignal, waitUntilGone } from './processes.ts';
import { findServerBinary } from './server-binaries.ts';
import { findUnprivilegedUser } from './unprivileged-user.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

/** The modes of `pg_ctl`: wait for clients to disconnect, disconnect them, or end as in a crash. */
export type StopMode = 'smart' | 'fast' | 'immediate';

const stopSignals = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

/** Long, since other suites may keep the machine busy. */
const startDeadlineMs = 30_000;

/** The server's process. `start` may follow `kill` or `end`. */
export type Postmaster = ReturnType<typeof createPostmaster>;

/**
 * The postmaster of the cluster in `<directory>/data`. It is down until `start`.
 * @param env variables of its environment beside PATH
 */
export function createPostmaster(directory: string, env: Readonly<Record<string, string>> = {}) {
  const logPath = join(directory, 'server.log');
  let child: (ChildProcess & { pid: number }) | undefined;
  let watchdog: Watchdog | undefined;

  const pid = (): number => {
    if (child === undefined) throw new Error('the PostgreSQL server is down');
    return child.pid;
  };

  /** Stops the postmaster first, so that it forks no further children while they are listed. */
  const signalAll = (signal: 'SIGSTOP' | 'SIGKILL'): number[] => {
    const postmaster = pid();
    sendSignal(postmaster, 'SIGSTOP');
    const children = listChildren(postmaster);
    for (const process of [...children, postmaster]) sendSignal(process, signal);
    return [...children, postmaster];
  };

  const thaw = (): void => {
    for (const process of [...listChildren(pid()), pid()]) sendSignal(process, 'SIGCONT');
  };

  const down = async (pids: readonly number[]): Promise<void> => {
    await waitUntilGone(pids);
    watchdog?.disarm();
    child = undefined;
  };

  return {
    pid,
    thaw,
    log: (): string => readFileSync(logPath, 'utf8'),
    freeze(): void {
      signalAll('SIGSTOP');
    },
    async start(): Promise<void> {
      if (child !== undefined) throw new Error('the PostgreSQL server runs already');
      child = spawnPostgres(directory, logPath, env);
      watchdog = startWatchdog({ target: child.pid, softSignal: 'QUIT', directory });
      try {
        await untilReady(child, directory, logPath);
      } catch (error) {
        await down(signalAll('SIGKILL'));
        throw error;
      }
    },
    async kill(): Promise<void> {
      if (child !== undefined) await down(signalAll('SIGKILL'));
    },
    /** Ends the server if it is running. `start` may follow. */
    async end(mode: StopMode): Promise<void> {
      if (child === undefined) {
        freeSharedMemory(directory);
        return;
      }
      const pids = [child.pid, ...listChildren(child.pid)];
      sendSignal(child.pid, stopSignals[mode]);
      thaw();
      await down(pids);
    },
  };
}

function spawnPostgres(
  directory: string,
  logPath: string,
  env: Readonly<Record<string, string>>,
): ChildProcess & { pid: number } {
  const binary = findServerBinary('postgres');
  const log = openSync(logPath, 'a', 0o600);
  try {
    const child = spawn(binary, ['-D', join(directory, 'data')], {
      ...findUnprivilegedUser(),
      cwd: directory,
      stdio: ['ignore', log, log],
      detached: true,
      // Without the caller's environment: PGDATA or LC_ALL must not change the behaviour under test.
      env: { PATH: process.env.PATH, ...env },
    });
    child.unref();
    child.on('error', () => {}); // a child without a pid is reported below
    const { pid } = child;
    if (pid === undefined) throw new Error(`${binary} could not be started`);
    return Object.assign(child, { pid });
  } finally {
    closeSync(log);
  }
}

/** Reads the state from the 8th line of the pid file, as pg_ctl does. */
async function untilReady(child: ChildProcess, directory: string, logPath: string): Promise<void> {
  const pidFile = join(directory, 'data', 'postmaster.pid');
  const logged = (): string =>
    readFileSync(logPath, 'utf8').trim().split('\n').slice(-20).join('\n');
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  await eventually(
    () => {
      if (ended()) return;
      const lines = readFileSync(pidFile, 'utf8').split('\n');
      const state = lines[7]?.trim() ?? '';
      if (Number(lines[0]) !== child.pid || !['ready', 'standby'].includes(state)) {
        throw new Error(`PostgreSQL is not ready:\n${logged()}`);
      }
    },
    { timeoutMs: startDeadlineMs, what: 'a ready PostgreSQL' },
  );
  if (ended()) throw new Error(`PostgreSQL ended during its start:\n${logged()}`);
}

/**
 * Frees the System V shared memory that a killed postmaster leaves, since no start on the same cluster follows, which
 * would free it. The 7th line of the pid file has its id.
 */
function freeSharedMemory(directory: string): void {
  const pidFile = join(directory, 'data', 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const [, id] = readFileSync(pidFile, 'utf8').split('\n')[6]?.trim().split(/\s+/) ?? [];
  // A failure is ignored: it costs a few bytes and does not affect the test.
  if (id !== undefined) spawnSync('ipcrm', ['-m', id], { stdio: 'ignore' });
}
