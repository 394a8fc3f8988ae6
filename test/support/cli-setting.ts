import { PassThrough } from 'node:stream';
import { createHttpClient } from '../../src/interfaces/cli/http-client.ts';
import { type CliDeps, runCli } from '../../src/interfaces/cli/program.ts';
import type { RetryPolicy } from '../../src/interfaces/cli/retry.ts';

/** What a command did. */
export interface CliRun {
  readonly code: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Both together, with what the progress bar drew. */
  readonly output: string;
}

/** Waits so short that tests do not, with the tries of the real policy. */
const IMPATIENT: RetryPolicy = {
  busyTries: 12,
  unreachableTries: 3,
  failedTries: 3,
  firstDelayMs: 1,
  maxDelayMs: 5,
};

/** What a test changes about the setting of a command. */
export interface CliSetting extends Partial<Omit<CliDeps, 'io'>> {
  /** Standard input; a terminal without it. */
  readonly stdin?: string;
  /** Answers to hidden questions, in order. */
  readonly hidden?: readonly string[];
  readonly terminal?: boolean;
  /** Of the local service; without it there is none. */
  readonly socketPath?: string;
}

/** What a command gets, and what it wrote so far. */
export interface CliSet {
  readonly deps: CliDeps;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** What the progress bar drew. */
  drawn(): string;
}

/** Makes the dependencies of one command. */
export function cliDeps(setting: CliSetting = {}): CliSet {
  const stdout: string[] = [];
  const stderr: string[] = [];
  let drawn = '';
  const stream = Object.assign(new PassThrough(), {
    isTTY: setting.terminal === true,
    columns: 100,
  });
  stream.on('data', (chunk) => {
    drawn += String(chunk);
  });
  const hidden = [...(setting.hidden ?? [])];
  const { stdin, terminal, socketPath } = setting;
  const refuse = (): Promise<number> => Promise.reject(new Error('not part of this test'));
  const deps: CliDeps = {
    version: '1.2.3',
    cwd: process.cwd(),
    signal: new AbortController().signal,
    monotonicMs: () => performance.now(),
    serve: refuse,
    migrate: refuse,
    configPrint: refuse,
    configCheck: refuse,
    openOperator: async ({ url, key }) =>
      createHttpClient({
        ...(url === undefined ? {} : { url }),
        ...(key === undefined ? {} : { key }),
        ...(url === undefined && socketPath !== undefined ? { socketPath } : {}),
      }),
    tuning: { policy: IMPATIENT, checkpointIntervalMs: 20 },
    ...setting,
    io: {
      stdout: (line) => stdout.push(line),
      stderr: (line) => stderr.push(line),
      stdinText: async () => stdin ?? '',
      readHidden: async () => hidden.shift() ?? '',
      isTerminal: terminal === true,
      stdinIsTerminal: stdin === undefined,
      columns: 100,
      stderrStream: stream,
      stdoutClosed: () => false,
    },
  };
  return { deps, stdout, stderr, drawn: () => drawn };
}

/** Runs one command line in this process against whatever service it names. */
export async function runCommand(
  argv: readonly string[],
  setting: CliSetting = {},
): Promise<CliRun> {
  const { deps, stdout, stderr, drawn } = cliDeps(setting);
  const code = await runCli(deps, argv);
  return { code, stdout, stderr, output: [...stdout, ...stderr, drawn()].join('\n') };
}
