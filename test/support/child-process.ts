import { spawn } from 'node:child_process';
import { eventually } from './eventually.ts';
import { sendSignal } from './processes.ts';
import type { RunAs } from './unprivileged-user.ts';
import { startWatchdog } from './watchdog.ts';

/** One of the two is null. */
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessOptions {
  readonly cwd?: string;
  /** The whole environment; the environment of this process by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Written to standard input, which then ends. No standard input by default. */
  readonly input?: string | Uint8Array;
  readonly runAs?: RunAs | undefined;
  /** Removed when this process dies before the child. */
  readonly directory?: string;
}

export interface RunningProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly hasExited: () => boolean;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Both streams in the order of arrival. */
  readonly output: () => string;
  /**
   * Resolves with the first complete line of either stream that matches, earlier output included.
   * @throws Error with the output, when the process ends first or after `timeoutMs` (10,000 by default).
   */
  readonly waitForLine: (pattern: RegExp, timeoutMs?: number) => Promise<string>;
  /** Signals the process only, not its children. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Sends SIGKILL to it and all its children, and resolves when it has ended. May be called twice. */
  readonly kill: () => Promise<Exit>;
  /** Sends SIGTERM, and SIGKILL to it and its children after `timeoutMs` (10,000 by default). */
  readonly stop: (timeoutMs?: number) => Promise<Exit>;
}

/**
 * Starts a process in a new process group, which a watchdog ends when this process dies. Keeps the whole output in
 * memory.
 * @throws Error when the program cannot be started.
 */
export async function startProcess(
  command: string,
  args: readonly string[] = [],
  options: ProcessOptions = {},
): Promise<RunningProcess> {
  const child = spawn(command, args, {
    ...options.runAs,
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid ?? Number.NaN));
  });
  const watchdog = startWatchdog({
    target: -pid,
    ...(options.directory === undefined ? {} : { directory: options.directory }),
  });

  const written = { stdout: '', stderr: '', both: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
      written.both += text;
    });
  }
  child.stdin?.on('error', () => {}); // the child may end before it has read its input
  child.stdin?.end(options.input);

  let gone = false;
  // 'close' follows the last output, but does not come while a grandchild holds the pipes.
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      const finish = (): void => {
        gone = true;
        watchdog.disarm();
        resolve({ code, signal });
      };
      const patience = setTimeout(finish, 500);
      child.once('close', () => {
        clearTimeout(patience);
        finish();
      });
    });
  });

  const kill = (): Promise<Exit> => {
    if (!gone) sendSignal(-pid, 'SIGKILL');
    return exited;
  };
  return {
    pid,
    exited,
    hasExited: () => gone,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    output: () => written.both,
    waitForLine: (pattern, timeoutMs) => waitForLine(written, () => gone, pattern, timeoutMs),
    signal: (signal) => void (gone || sendSignal(pid, signal)),
    kill,
    async stop(timeoutMs = 10_000) {
      if (!gone) sendSignal(pid, 'SIGTERM');
      const timer = setTimeout(kill, timeoutMs);
      try {
        return await exited;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function waitForLine(
  written: { readonly stdout: string; readonly stderr: string; readonly both: string },
  isGone: () => boolean,
  pattern: RegExp,
  timeoutMs = 10_000,
): Promise<string> {
  const search = (): string | undefined => {
    const end = isGone() ? undefined : -1; // an incomplete line counts only after the end of the process
    const lines = [written.stdout, written.stderr].flatMap((text) =>
      text.split('\n').slice(0, end),
    );
    return lines.find((line) =>
      new RegExp(pattern.source, pattern.flags.replace('g', '')).test(line),
    );
  };
  const tail = (): string => written.both.slice(-4_000);
  const line = await eventually(
    () => {
      const found = search();
      if (found === undefined && !isGone()) throw new Error(`it has written:\n${tail()}`);
      return found;
    },
    { timeoutMs, what: `a line that matches ${pattern}` },
  );
  if (line === undefined) {
    throw new Error(
      `the process ended without a line that matches ${pattern}; it wrote:\n${tail()}`,
    );
  }
  return line;
}
