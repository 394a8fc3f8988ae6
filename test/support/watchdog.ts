import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

export interface Watchdog {
  /** Ends the watchdog without any action, because the watched process has ended. */
  disarm(): void;
}

export interface WatchdogOptions {
  /** The process to end; negative for a process group, as in kill(2). By default only `directory` is removed. */
  target?: number;
  /** The first signal, before SIGKILL; none by default. */
  softSignal?: 'INT' | 'QUIT' | 'TERM';
  /** Removed after the process has ended. */
  directory?: string;
}

/**
 * `read` succeeds for a line (disarmed), and fails at the end of the pipe, which means that this process died. SIGCONT
 * follows the soft signal, since a stopped process handles only SIGKILL. It goes to the children, too, where the system
 * lists them. After the soft signal the process has 8 seconds to end. A zombie counts as ended.
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
 * Starts a shell that ends `target` and removes `directory` when this process dies, also by SIGKILL: the shell detects
 * the end of a pipe whose other end only this process holds. It does not keep this process from exiting.
 */
export function startWatchdog(options: WatchdogOptions): Watchdog {
  const { target = '', softSignal = '', directory = '' } = options;
  const shell = spawn(
    '/bin/sh',
    ['-c', script, 'watchdog', String(target), softSignal, directory],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      // In another process group, so that Ctrl-C on the terminal does not end the watchdog first.
      detached: true,
    },
  );
  shell.unref();
  const pipe = shell.stdin as Socket;
  pipe.unref();
  // The shell may have ended already when `disarm` writes.
  pipe.on('error', () => {});
  return { disarm: () => pipe.end('done\n') };
}
