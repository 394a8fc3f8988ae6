import { type CliIo, CommandFailure, EXIT, UsageError } from '../io.ts';
import { type RequestDeps, requestBody } from '../retry.ts';
import { PROFILE_VIEWS, type ProfileFlags } from './profile-views.ts';
import { writeUser } from './user-view.ts';

/** The profile of the person; the password comes with `Deps`. */
export interface CreateOneOptions extends ProfileFlags {
  readonly json?: boolean;
}

interface Deps extends RequestDeps {
  readonly io: CliIo;
  readonly password: string;
}

/** Registers one person. @returns the exit code @throws CommandFailure when the service rejects the person */
export async function createOneUser(options: CreateOneOptions, deps: Deps): Promise<number> {
  const { io, password } = deps;
  const profile = PROFILE_VIEWS.map(([property, { name }]) => [name, options[property]] as const);
  const body = {
    ...Object.fromEntries(profile.filter(([, value]) => value !== undefined)),
    password,
  };
  // After a lost response, a repeated request could report the user it just created as `email_taken`.
  const request = { method: 'POST', path: '/v1/users', body } as const;
  writeUser(await requestBody(request, deps, { expected: 201 }), options.json === true, io);
  return EXIT.done;
}

/** Longest password that is read, in UTF-16 units; the service's own limit is lower. */
const MAX_LENGTH = 4_096;

/**
 * Reads a new password: twice on a terminal, with three attempts, else all of standard input without its last line break.
 * @throws UsageError when it is empty or too long; CommandFailure when the attempts are used up; Interrupted
 */
export async function readNewPassword(io: CliIo): Promise<string> {
  if (!io.stdinIsTerminal) return checked((await io.stdinText()).replace(/\r?\n$/, ''));
  for (let attempt = 1; attempt <= MAX_PROMPTS; attempt += 1) {
    const password = await io.readHidden('Password: ');
    if (password === '') {
      io.stderr('The password is empty. Type it again, or stop with Ctrl-C.');
      continue;
    }
    if ((await io.readHidden('Password again: ')) === password) return checked(password);
    io.stderr('The two passwords differ. Type both again, or stop with Ctrl-C.');
  }
  throw new CommandFailure(`No password was typed twice in ${MAX_PROMPTS} attempts.`);
}

/** How often a terminal is asked. */
const MAX_PROMPTS = 3;

function checked(password: string): string {
  if (password === '') {
    throw new UsageError('No password: write it to standard input, or run this on a terminal.');
  }
  if (password.length > MAX_LENGTH) throw new UsageError('That is too long for a password.');
  return password;
}
