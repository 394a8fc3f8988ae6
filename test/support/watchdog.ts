import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** Lets a watched process outlive nobody; see `startWatchdog`. */
export interface Watchdog {
  /** The watched process has ended in good order: the watchdog leaves without doing anything. */
  disarm(): void;
}

/** What the watchdog does when this process is gone. */
export interface WatchdogOptions {
  /** The process to end; negative for a whole process group, as in kill(2). None: only `directory`. */
  target?: number;
  /** The first signal, before SIGKILL; none by default. */
  softSignal?: 'INT' | 'QUIT' | 'TERM';
  /** Removed once the process is gone. */
  directory?: string;
}

/**
 * `read` comes back with success for a line (disarmed) and with failure at the end of the pipe: then
 * this process died, by whatever signal. SIGCONT follows the soft signal since a stopped process
 * handles nothing but SIGKILL, and goes to the children, too, where the system lists them. The soft
 * signal gets 8 seconds; a zombie that nobody reaps has ended.
 */
const script = `
read -r _ && exit 0
alive() { kill -s 0 -- "$1" && ! grep -qs ') Z ' "/proc/$1/stat"; }
if [ -n "$2" ]; then
  kill -s "$2" -- "$1"
  kill -s CONT -- "$1" $(cat "/proc/$1/task/$1/children")
  n=0
  while alive "$1" && [ $n -lt 80 ]; do sleep 0.1; n=$((n + 1)); done
fi
[ -z "$1" ] || kill -s KILL -- "$1"
[ -z "$3" ] || rm -rf -- "$3"
exit 0
`;

/**
 * Starts a shell that ends `target` and removes `directory` as soon as this process is gone, be it by
 * SIGKILL: it holds the other end of a pipe that only this process has. It never keeps this process
 * from exiting.
 */
export function startWatchdog(options: WatchdogOptions): Watchdog {
  const { target = '', softSignal = '', directory = '' } = options;
  const shell = spawn(
    '/bin/sh',
    ['-c', script, 'watchdog', String(target), softSignal, directory],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      // Out of this process's group: Ctrl-C on the terminal must not end the watchdog first.
      detached: true,
    },
  );
  shell.unref();
  const pipe = shell.stdin as Socket;
  pipe.unref();
  // The shell ends on its own after its work; a late disarm then finds nobody.
  pipe.on('error', () => {});
  return { disarm: () => pipe.end('done\n') };
}
