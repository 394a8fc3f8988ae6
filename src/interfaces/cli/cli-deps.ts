import type { OutboxTail } from '../../application/outbox/tail-outbox.ts';
import { DomainError } from '../../domain/errors.ts';
import type { OutboxLog } from '../../domain/outbox/outbox-queue.ts';
import { type CliIo, CommandFailure, UsageError } from './io.ts';
import type { MailPreviews } from './mail-preview.ts';
import { type OperatorClient, ServiceUnreachable } from './operator-client.ts';
import type { HashingCapacity } from './password-calibrate.ts';
import type { RetryPolicy } from './retry.ts';
import type { Target } from './target.ts';

/** The base URL of a service on this machine, or the control socket with its name for messages. */
export type LocalService = string | { readonly socketPath: string; readonly description: string };

/** The rest of the program, as the command line uses it. */
export interface CliDeps {
  readonly version: string;
  readonly io: CliIo;
  /** Base of relative paths. */
  readonly cwd: string;
  /** Aborted by the first Ctrl-C: commands stop cleanly. */
  readonly signal: AbortSignal;
  /** Name of the person who runs the command, for the record of administrative acts; null when it is not known. */
  operatorName(): string | null;
  /** A clock that never runs backwards, in milliseconds. */
  readonly monotonicMs: () => number;
  /** Runs the service until a signal stops it. @returns the exit code */
  serve(): Promise<number>;
  /**
   * Connects to the service at a URL. Without a URL it connects to the local service over its control socket, or starts
   * one in this process if none runs.
   * @throws Error with a message for the operator
   */
  openOperator(target: Target): Promise<OperatorClient>;
  /**
   * The address at which this machine reaches the configured service.
   * @throws Error with a message for the operator
   */
  localService(): Promise<LocalService>;
  /** Reads events as they become visible, from the log of a service and after a position. */
  tailOutbox(log: Pick<OutboxLog, 'list'>, afterPosition: number): Promise<OutboxTail>;
  /** Runs `migrate` with the arguments after that word, including `--json`. @returns the exit code */
  migrate(args: readonly string[], json: boolean): Promise<number>;
  /** Runs `config print` with the arguments after these words. @returns the exit code */
  configPrint(args: readonly string[]): Promise<number>;
  /** Runs `config check` with the arguments after these words. @returns the exit code */
  configCheck(args: readonly string[]): Promise<number>;
  /** Runs `config explain` with the arguments after these words. @returns the exit code */
  configExplain(args: readonly string[]): Promise<number>;
  /** What this machine gives to password hashing, by the configuration. */
  hashingCapacity(): Promise<HashingCapacity>;
  /** Renders mails as the configured service would. @throws CommandFailure for a wrong configuration */
  openMailPreviews(): Promise<MailPreviews>;
  /**
   * The connection string of the database that `mirror check` reads; null when none is given.
   * @throws CommandFailure for a file that cannot be read
   */
  mirrorDatabaseUrl(): Promise<string | null>;
  /** Retries and intervals; for tests. */
  readonly tuning?: {
    readonly policy?: RetryPolicy;
    readonly checkpointIntervalMs?: number;
    readonly lookIntervalMs?: number;
  };
}

/** Connects to the target, runs `use`, and closes the connection in every case. */
export async function withOperator<T>(
  deps: CliDeps,
  target: Target,
  use: (client: OperatorClient) => Promise<T>,
): Promise<T> {
  const client = await open(deps, target);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** Reports a failure to connect with its own message, such as a locked directory or a wrong password. */
async function open(deps: CliDeps, target: Target): Promise<OperatorClient> {
  try {
    return await deps.openOperator(target);
  } catch (error) {
    const known = [UsageError, CommandFailure, ServiceUnreachable, DomainError];
    if (!(error instanceof Error) || known.some((kind) => error instanceof kind)) throw error;
    throw new CommandFailure(error.message, { cause: error });
  }
}
