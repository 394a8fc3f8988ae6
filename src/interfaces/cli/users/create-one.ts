import { type CliIo, EXIT, UsageError } from '../io.ts';
import type { OperatorClient } from '../operator-client.ts';
import { describeProblem, problemOf } from '../problem.ts';
import { PROMPT, type RetryPolicy, requestWithRetries } from '../retry.ts';
import { PROFILE_VIEWS, type ProfileFlags } from './profile-views.ts';
import { writeUser } from './user-view.ts';

/** The profile of the person; the password comes with `Deps`. */
export interface CreateOneOptions extends ProfileFlags {
  readonly json?: boolean;
}

interface Deps {
  readonly io: CliIo;
  readonly client: OperatorClient;
  readonly signal: AbortSignal;
  readonly password: string;
  readonly policy?: RetryPolicy | undefined;
}

/** Registers one person. @returns the exit code; 1 when the service rejects the person */
export async function createOneUser(options: CreateOneOptions, deps: Deps): Promise<number> {
  const { io, client, signal, password } = deps;
  const profile = PROFILE_VIEWS.map(([property, { name }]) => [name, options[property]] as const);
  const body = {
    ...Object.fromEntries(profile.filter(([, value]) => value !== undefined)),
    password,
  };
  const response = await requestWithRetries(
    client,
    { method: 'POST', path: '/v1/users', body, signal },
    // After a lost response, a repeated request could report the user it just created as `email_taken`.
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

/** Longest password that is read, in UTF-16 units; the service's own limit is lower. */
const MAX_LENGTH = 4_096;

/**
 * Reads a new password: twice on a terminal, else all of standard input without its last line break.
 * @throws UsageError when it is empty or too long, or the two differ
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
