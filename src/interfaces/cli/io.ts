/** Input and output of commands. Lines have no line break. */
export interface CliIo {
  /** Writes a result, which a script may read. */
  stdout(line: string): void;
  /** Writes progress, rejections and errors. */
  stderr(line: string): void;
  /** Reads standard input to its end. @throws UsageError above 1 MiB */
  stdinText(): Promise<string>;
  /** Prompts on the terminal without echo. @throws UsageError without a terminal, or when interrupted */
  readHidden(question: string): Promise<string>;
  /** Whether standard error is a terminal. */
  readonly isTerminal: boolean;
  /** Whether standard input is a terminal, so that waiting for its end would look like a hang. */
  readonly stdinIsTerminal: boolean;
  /** Columns of the terminal; 80 without one. */
  readonly columns: number;
  /** Standard error itself, for the progress bar only. */
  readonly stderrStream: NodeJS.WritableStream;
  /** Whether the reader of standard output has closed it, as in `… | head`: long listings stop. */
  stdoutClosed(): boolean;
}

/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, wrongUsage: 2 } as const;

/** The command line is wrong: exit code 2. The message never repeats a secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command failed for an expected reason: its message on one line, no stack, exit code 1. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}
