/** What commands read and write. Lines carry no line break. */
export interface CliIo {
  /** Results: what a script reads. */
  stdout(line: string): void;
  /** Progress, refusals, faults. */
  stderr(line: string): void;
  /** Everything of standard input, until it ends. */
  stdinText(): Promise<string>;
  /** Asks on the terminal without showing what is typed. Rejects where nobody can be asked. */
  readHidden(question: string): Promise<string>;
  /** Whether standard error is a terminal. */
  readonly isTerminal: boolean;
  /** Whether standard input is a terminal, so that waiting for its end would look like a hang. */
  readonly stdinIsTerminal: boolean;
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number;
  /** Standard error itself, for the progress bar alone. */
  readonly stderrStream: NodeJS.WritableStream;
  /** Whether the reader of standard output has gone, as in `… | head`: long listings stop. */
  stdoutClosed(): boolean;
}

/** Exit codes of every command. */
export const EXIT = { done: 0, failed: 1, wrongUsage: 2 } as const;

/** The command line does not say what to do: exit code 2. The message never repeats a secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command cannot do what was asked: one clear line and exit code 1, without a stack. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}
