import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { listChildren, sendSignal, waitUntilGone } from './processes.ts';
import { findServerBinary } from './server-binaries.ts';
import { findUnprivilegedUser } from './unprivileged-user.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

/** `pg_ctl`'s names: wait for clients to leave, end them in order, or end as in a crash. */
export type StopMode = 'smart' | 'fast' | 'immediate';

const stopSignals = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;

/** Generous: two cores may be busy with other suites. */
const startDeadlineMs = 30_000;

/** The server's process over its lives: `start` and `kill` or `end` may alternate. */
export type Postmaster = ReturnType<typeof createPostmaster>;

/** The postmaster of the cluster in `<directory>/data`, down at first. */
export function createPostmaster(directory: string) {
  const logPath = join(directory, 'server.log');
  let child: (ChildProcess & { pid: number }) | undefined;
  let watchdog: Watchdog | undefined;

  const pid = (): number => {
    if (child === undefined) throw new Error('the PostgreSQL server is down');
    return child.pid;
  };

  /** The frozen postmaster forks nothing, so its children can be counted. */
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
      child = spawnPostgres(directory, logPath);
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
    /** For good or for a restart; nothing to do while it is down. */
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

function spawnPostgres(directory: string, logPath: string): ChildProcess & { pid: number } {
  const binary = findServerBinary('postgres');
  const log = openSync(logPath, 'a', 0o600);
  try {
    const child = spawn(binary, ['-D', join(directory, 'data')], {
      ...findUnprivilegedUser(),
      cwd: directory,
      stdio: ['ignore', log, log],
      detached: true,
      // Nothing of the caller's: a PGDATA or LC_ALL must not change what the tests see.
      env: { PATH: process.env.PATH },
    });
    child.unref();
    child.on('error', () => {}); // without a pid, which is reported below
    const { pid } = child;
    if (pid === undefined) throw new Error(`${binary} could not be started`);
    return Object.assign(child, { pid });
  } finally {
    closeSync(log);
  }
}

/** The postmaster writes its state into the last line of its pid file, as pg_ctl reads it. */
async function untilReady(child: ChildProcess, directory: string, logPath: string): Promise<void> {
  const pidFile = join(directory, 'data', 'postmaster.pid');
  const logged = (): string =>
    readFileSync(logPath, 'utf8').trim().split('\n').slice(-20).join('\n');
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  await eventually(
    () => {
      if (ended()) return;
      const lines = readFileSync(pidFile, 'utf8').split('\n');
      if (Number(lines[0]) !== child.pid || lines[7]?.trim() !== 'ready') {
        throw new Error(`PostgreSQL is not ready:\n${logged()}`);
      }
    },
    { timeoutMs: startDeadlineMs, what: 'a ready PostgreSQL' },
  );
  if (ended()) throw new Error(`PostgreSQL ended at once:\n${logged()}`);
}

/**
 * A killed postmaster leaves a few bytes of System V shared memory, which only the next start on the
 * same cluster frees. Where none will come it is done here; the pid file's 7th line has the id.
 */
function freeSharedMemory(directory: string): void {
  const pidFile = join(directory, 'data', 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const [, id] = readFileSync(pidFile, 'utf8').split('\n')[6]?.trim().split(/\s+/) ?? [];
  // Best effort: who runs this test has nothing to do about a failure.
  if (id !== undefined) spawnSync('ipcrm', ['-m', id], { stdio: 'ignore' });
}
