import { DomainError } from '../../domain/errors.ts';
import { type CliIo, CommandFailure, UsageError } from './io.ts';
import { type OperatorClient, ServiceUnreachable } from './operator-client.ts';
import type { RetryPolicy } from './retry.ts';
import type { Target } from './target.ts';

/** Everything that the command line needs of the rest of the program. */
export interface CliDeps {
  readonly version: string;
  readonly io: CliIo;
  /** Relative paths start here. */
  readonly cwd: string;
  /** Aborted by the first Ctrl-C: commands stop in order. */
  readonly signal: AbortSignal;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number;
  /** Runs the service until it is told to stop. @returns the exit code */
  serve(): Promise<number>;
  /**
   * Reaches the service at a URL; without one the local service: over its control socket, or in this process when none
   * runs. @throws Error with a message for the operator
   */
  openOperator(target: Target): Promise<OperatorClient>;
  /** Runs `migrate` with the arguments after that word, `--json` among them. @returns the exit code */
  migrate(args: readonly string[], json: boolean): Promise<number>;
  /** Runs `config print` with the arguments after these words. @returns the exit code */
  configPrint(args: readonly string[]): Promise<number>;
  /** Runs `config check` with the arguments after these words. @returns the exit code */
  configCheck(args: readonly string[]): Promise<number>;
  /** How patient commands are; for tests. */
  readonly tuning?: {
    readonly policy?: RetryPolicy;
    readonly checkpointIntervalMs?: number;
  };
}

/** Opens the target, uses it, and closes it however that ends. */
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

/** Whatever cannot be opened is told in its own words: a locked directory, a refused connection, a wrong password. */
async function open(deps: CliDeps, target: Target): Promise<OperatorClient> {
  try {
    return await deps.openOperator(target);
  } catch (error) {
    const known = [UsageError, CommandFailure, ServiceUnreachable, DomainError];
    if (!(error instanceof Error) || known.some((kind) => error instanceof kind)) throw error;
    throw new CommandFailure(error.message, { cause: error });
  }
}
