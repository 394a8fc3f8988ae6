/** Input and output of commands. Lines have no line break. */
export interface CliIo {
  /** Writes a result, which a script may read. */
  stdout(line: string): void;
  /** Writes progress, rejections and errors. */
  stderr(line: string): void;
  /** Reads standard input to its end, as UTF-8. @throws UsageError for other encodings, and above 1 MiB */
  stdinText(): Promise<string>;
  /** Standard input as it comes, of any length. */
  stdinChunks(): AsyncIterable<Uint8Array>;
  /** Prompts on the terminal without echo. @throws Interrupted, UsageError without a terminal or at the end of the input */
  readHidden(question: string): Promise<string>;
  /** Whether standard error is a terminal. */
  readonly isTerminal: boolean;
  /** Whether standard input is a terminal, so that waiting for its end would look like a hang. */
  readonly stdinIsTerminal: boolean;
  /** Columns of the terminal; 80 without one. */
  readonly columns: number;
  /** Columns of standard output for tables; undefined when it is no terminal: nothing is cut. */
  readonly tableColumns: number | undefined;
  /** Standard error itself, for the progress bar only. */
  readonly stderrStream: NodeJS.WritableStream;
  /** Whether the reader of standard output has closed it, as in `… | head`: long listings stop. */
  stdoutClosed(): boolean;
}

/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, wrongUsage: 2, interrupted: 130 } as const;

/** The command line is wrong: exit code 2. The message never repeats a secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What `--json` shows of a failure besides its message. */
export interface FailureDetails {
  /** A code of docs/reference/errors.md, or one of docs/reference/cli.md; `failed` by default. */
  readonly code?: string;
  readonly status?: number;
  readonly requestId?: string | undefined;
  readonly errors?: readonly object[];
}

/** The command failed for an expected reason: its message on one line, no stack, exit code 1. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly code: string;
  readonly details: FailureDetails;

  constructor(message: string, options: FailureDetails & { readonly cause?: unknown } = {}) {
    const { cause, ...details } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.code = details.code ?? 'failed';
    this.details = details;
  }
}

/** Ctrl-C, or another signal to stop, ended the command before it was done. An empty message is not shown. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** The command failed, and the log says why: exit code 1 without another message. */
export class AlreadyReported extends Error {
  override readonly name = 'AlreadyReported';
}
