import { PassThrough, Readable } from 'node:stream';
import { createOutboxTail } from '../../src/application/outbox/tail-outbox.ts';
import { createHttpClient } from '../../src/interfaces/cli/http-client.ts';
import { type CliDeps, runCli } from '../../src/interfaces/cli/program.ts';
import type { RetryPolicy } from '../../src/interfaces/cli/retry.ts';

/** The result of a command. */
export interface CliRun {
  readonly code: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** Both together, and the output of the progress bar. */
  readonly output: string;
}

/** Short pauses for tests, with the attempts of the real policy. */
const IMPATIENT: RetryPolicy = {
  busyTries: 12,
  unreachableTries: 3,
  failedTries: 3,
  firstDelayMs: 1,
  maxDelayMs: 5,
};

/** The dependencies and the input that a test sets for a command. */
export interface CliSetting extends Partial<Omit<CliDeps, 'io'>> {
  /** Standard input; a terminal by default. */
  readonly stdin?: string | Buffer;
  /** Replies to hidden prompts, in order. */
  readonly hidden?: readonly string[];
  readonly terminal?: boolean;
  /** Columns of a terminal on standard output; none by default. */
  readonly tableColumns?: number;
  /** Control socket of the local service; without it no local service runs. */
  readonly socketPath?: string;
}

/** The dependencies of a command, and its output so far. */
export interface CliSet {
  readonly deps: CliDeps;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  /** The output of the progress bar. */
  drawn(): string;
}

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
  const { stdin, terminal, socketPath, tableColumns } = setting;
  const refuse = (): Promise<number> => Promise.reject(new Error('not part of this test'));
  const deps: CliDeps = {
    version: '1.2.3',
    cwd: process.cwd(),
    signal: new AbortController().signal,
    operatorName: () => 'tester',
    monotonicMs: () => performance.now(),
    serve: refuse,
    migrate: refuse,
    configPrint: refuse,
    configCheck: refuse,
    hashingCapacity: () => Promise.reject(new Error('not part of this test')),
    localService: () => Promise.reject(new Error('not part of this test')),
    openMailPreviews: () => Promise.reject(new Error('not part of this test')),
    mirrorDatabaseUrl: async () => 'postgres://127.0.0.1:1/none',
    configExplain: () => Promise.reject(new Error('not part of this test')),
    tailOutbox: async (log, afterPosition) =>
      createOutboxTail({ log, afterPosition, monotonicMs: () => performance.now() }),
    openOperator: async ({ url, key }) =>
      createHttpClient({
        ...(url === undefined ? {} : { url }),
        ...(key === undefined ? {} : { key }),
        ...(url === undefined && socketPath !== undefined ? { socketPath } : {}),
      }),
    tuning: { policy: IMPATIENT, checkpointIntervalMs: 20, lookIntervalMs: 20 },
    ...setting,
    io: {
      stdout: (line) => stdout.push(line),
      stderr: (line) => stderr.push(line),
      stdinText: async () => String(stdin ?? ''),
      stdinChunks: () => Readable.from([Buffer.from(stdin ?? '')]),
      readHidden: async () => hidden.shift() ?? '',
      isTerminal: terminal === true,
      stdinIsTerminal: stdin === undefined,
      columns: 100,
      tableColumns,
      stderrStream: stream,
      stdoutClosed: () => false,
    },
  };
  return { deps, stdout, stderr, drawn: () => drawn };
}

/** Runs one command line in this process. */
export async function runCommand(
  argv: readonly string[],
  setting: CliSetting = {},
): Promise<CliRun> {
  const { deps, stdout, stderr, drawn } = cliDeps(setting);
  const code = await runCli(deps, argv);
  return { code, stdout, stderr, output: [...stdout, ...stderr, drawn()].join('\n') };
}
