import { type CliIo, EXIT, UsageError } from '../io.ts';
import type { OperatorClient } from '../operator-client.ts';
import { describeProblem, problemOf } from '../problem.ts';
import { PROMPT, type RetryPolicy, requestWithRetries } from '../retry.ts';
import { writeUser } from './user-view.ts';

/** The person, but for the password. */
export interface CreateOneOptions {
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly phone?: string | undefined;
  readonly json?: boolean;
}

interface Deps {
  readonly io: CliIo;
  readonly client: OperatorClient;
  readonly signal: AbortSignal;
  readonly password: string;
  readonly policy?: RetryPolicy | undefined;
}

/** Registers one person. @returns the exit code; a refusal is 1 */
export async function createOneUser(options: CreateOneOptions, deps: Deps): Promise<number> {
  const { io, client, signal, password } = deps;
  const { firstName, lastName, email, phone } = options;
  const body = {
    first_name: firstName,
    last_name: lastName,
    email,
    ...(phone === undefined ? {} : { phone }),
    password,
  };
  const response = await requestWithRetries(
    client,
    { method: 'POST', path: '/v1/users', body, signal },
    // After a lost answer only the operator can tell whether a taken address is the one just made.
    { policy: deps.policy ?? PROMPT, signal, repeatUnknown: false },
  );
  if (response.status !== 201) {
    const description = describeProblem(problemOf(response));
    io.stderr(`error: ${description.replaceAll(password, '[password]')}`);
    return EXIT.failed;
  }
  writeUser(response.body, options.json === true, io);
  return EXIT.done;
}

/** The longest text that is read as a password; the service's own limit is lower. */
const MAX_LENGTH = 4_096;

/**
 * A new password: asked for twice on a terminal, else all of standard input without its last line break.
 * @throws UsageError when there is none, or the two differ
 */
export async function readNewPassword(io: CliIo): Promise<string> {
  if (!io.stdinIsTerminal) return checked((await io.stdinText()).replace(/\r?\n$/, ''));
  const password = checked(await io.readHidden('Password: '));
  if ((await io.readHidden('Password again: ')) !== password) {
    throw new UsageError('The two passwords differ.');
  }
  return password;
}

function checked(password: string): string {
  if (password === '') {
    throw new UsageError('No password: write it to standard input, or run this on a terminal.');
  }
  if (password.length > MAX_LENGTH) throw new UsageError('That is too long for a password.');
  return password;
}
