import { spawn } from 'node:child_process';
import { eventually } from './eventually.ts';
import { sendSignal } from './processes.ts';
import type { RunAs } from './unprivileged-user.ts';
import { startWatchdog } from './watchdog.ts';

/** How a process ended: one of the two is null. */
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a test may say about the process it starts. */
export interface ProcessOptions {
  readonly cwd?: string;
  /** The whole environment; the caller's own by default. */
  readonly env?: NodeJS.ProcessEnv;
  /** Written to its standard input, which then ends; it has none by default. */
  readonly input?: string;
  readonly runAs?: RunAs | undefined;
  /** Removed when this process dies before the started one. */
  readonly directory?: string;
}

/** A real process of a test, with all that it has written so far. */
export interface RunningProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly hasExited: () => boolean;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Both streams in the order of arrival. */
  readonly output: () => string;
  /**
   * The first whole line, of either stream and from the start on, that matches. Throws with the
   * output when the process ends before, or after `timeoutMs` (10,000 by default).
   */
  readonly waitForLine: (pattern: RegExp, timeoutMs?: number) => Promise<string>;
  /** To the process alone, not to its children. */
  readonly signal: (signal: NodeJS.Signals) => void;
  /** SIGKILL to it and all its children; comes back when it is gone. May be called twice. */
  readonly kill: () => Promise<Exit>;
  /** SIGTERM, and SIGKILL to it and its children after `timeoutMs` (10,000 by default). */
  readonly stop: (timeoutMs?: number) => Promise<Exit>;
}

/**
 * Starts a process in a group of its own, which dies with this process however that ends. The whole
 * output is kept in memory. Throws when the program cannot be started.
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
  child.stdin?.on('error', () => {}); // it may end before it has read its input
  child.stdin?.end(options.input);

  let gone = false;
  // 'close' comes after the last output, but never while a grandchild holds the pipes.
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
    const end = isGone() ? undefined : -1; // an unfinished line counts only at the very end
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
