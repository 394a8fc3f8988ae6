import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';

export interface ServiceProcessOptions {
  readonly program: string;
  /** The folder with the data, which is removed with the process. */
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface ServiceProcess {
  /** What it has written, at most the last megabyte. */
  output(): string;
  /** Ends it, with SIGKILL if it takes longer than five seconds. */
  stop(): Promise<void>;
}

const STOP_TIMEOUT_MS = 5_000;
const MAX_OUTPUT_LENGTH = 1_048_576;

/**
 * Ends the process and removes its folder when this process dies, also by SIGKILL: the shell sees the end of a pipe whose
 * other end only this process holds.
 */
const WATCHDOG = 'read -r _ && exit 0; kill -KILL "$1"; rm -rf -- "$2"';

/**
 * Starts the service and waits until it is ready. The process does not keep the caller running, and ends with it.
 * @throws Error with the output when it ends first, or is not ready in time
 */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const { program, directory, env, timeoutMs } = options;
  const child = spawn(nodeProgram(), [program, 'serve'], {
    cwd: directory,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: Ctrl-C ends the test first, and the watchdog then ends the service.
    detached: true,
  });
  const exited = once(child, 'exit');
  const disarm = startWatchdog(child, directory);
  const output = collectOutput(child);
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    }
    disarm();
  };
  const timer = new AbortController();
  const problem = await Promise.race([
    output.isReady.then(() => null),
    exited.then(() => 'the service ended before it was ready', describe),
    delay(timeoutMs, timer.signal).then(() => `the service was not ready within ${timeoutMs} ms`),
  ]);
  timer.abort();
  if (problem !== null) {
    await stop();
    throw new Error(`startUserService: ${problem}; it wrote:\n${output.text()}`);
  }
  child.unref();
  release(child.stdout);
  release(child.stderr);
  return { output: output.text, stop };
}

function describe(error: unknown): string {
  return `the service cannot be started: ${error instanceof Error ? error.message : String(error)}`;
}

function collectOutput(child: ChildProcess) {
  let text = '';
  const isReady = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (part: string) => {
        text = (text + part).slice(-MAX_OUTPUT_LENGTH);
        if (text.includes('"message":"ready"')) resolve();
      });
    }
  });
  return { isReady, text: () => text };
}

function startWatchdog(child: ChildProcess, directory: string): () => void {
  if (child.pid === undefined) return () => {};
  const shell = spawn('/bin/sh', ['-c', WATCHDOG, 'watchdog', String(child.pid), directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.on('error', () => {});
  shell.unref();
  const pipe = shell.stdin;
  release(pipe);
  pipe.on('error', () => {});
  return () => void pipe.end('done\n');
}

/** The service is a program for Node.js, also where the tests run on Bun or Deno. */
function nodeProgram(): string {
  const { bun, deno } = process.versions;
  return bun === undefined && deno === undefined ? process.execPath : 'node';
}

/** Lets the process end while the pipe is open. The pipes of Bun have no `unref` and keep no process running. */
function release(pipe: ChildProcess['stdin'] | ChildProcess['stdout']): void {
  (pipe as Socket | null)?.unref?.();
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}
