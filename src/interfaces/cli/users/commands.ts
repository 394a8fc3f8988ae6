import { type Command, Option } from 'commander';
import { type CliDeps, withOperator } from '../cli-deps.ts';
import { documented, JSON_FLAG, type SetExitCode, wholeNumber } from '../help.ts';
import { UsageError } from '../io.ts';
import { addTargetOptions, readTarget, type Target, type TargetOptions } from '../target.ts';
import { createUsersFromFile } from './create-from-file.ts';
import { createOneUser, readNewPassword } from './create-one.ts';
import { getUser, type ListUsersOptions, listUsers } from './read-users.ts';

/** Adds `users create | get | list`. */
export function addUsersCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const users = documented(program.command('users').description('register and look up users'), {
    examples: [
      ['user-service users create --file people.ndjson', 'register every person of the file'],
      ['user-service users list --query okafor', 'find people by name or e-mail'],
    ],
    exit: ['done', 'failed'],
  });
  addCreate(users, deps, setExit);
  addGet(users, deps, setExit);
  addList(users, deps, setExit);
}

interface CreateOptions extends TargetOptions {
  readonly file?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly concurrency?: number;
  readonly progressFile?: string;
  readonly restart?: boolean;
  readonly passwordStdin?: boolean;
  readonly password?: unknown;
  readonly json?: boolean;
}

const DEFAULT_CONCURRENCY = 8;
const MAX_CONCURRENCY = 256;

function addCreate(users: Command, deps: CliDeps, setExit: SetExitCode): void {
  const command = users
    .command('create')
    .description('register one person, or every person of a file')
    .option('--file <file>', 'NDJSON file: one person a line, as in the body of POST /v1/users')
    .option(
      '--concurrency <n>',
      `requests at once, with --file (default: ${DEFAULT_CONCURRENCY})`,
      wholeNumber(1, MAX_CONCURRENCY),
    )
    .option('--restart', 'with --file: begin again, forgetting an earlier load that stopped')
    .option('--progress-file <file>', 'where --file keeps how far it is (default: FILE.progress)')
    .option('--first-name <name>', 'first name')
    .option('--last-name <name>', 'last name')
    .option('--email <address>', 'e-mail address')
    .option('--phone <number>', 'telephone number with country code, such as +4930123456')
    .option(
      '--password-stdin',
      'read the password from standard input; with --file the one for lines that have none',
    )
    .addOption(new Option('--password [password]').hideHelp())
    .option(...JSON_FLAG)
    .action(async (options: CreateOptions) => setExit(await runCreate(options, deps)));
  documented(addTargetOptions(command), {
    notes: [
      'A load that stops, for whatever reason, resumes when the same command is run again: FILE.progress\n' +
        'remembers which lines are done, and nothing about the people. It goes when every line is answered.\n' +
        'Each refusal is reported with its line. People whose answer was lost when an earlier run was\n' +
        'killed count as already there.',
      'The password of one person is asked for on a terminal and else read from standard input, never\n' +
        'taken from a flag: other users of the machine can see flags.',
    ],
    examples: [
      ['user-service users create --file people.ndjson', 'into the local service'],
      [
        'user-service users create --file people.ndjson --url https://users.example.com --key-file key',
        'into a service elsewhere',
      ],
      [
        'user-service users create --first-name Ada --last-name Okafor --email ada@example.com',
        'one person; asks for the password',
      ],
    ],
    exit: [
      'every person is registered or was there already',
      'a person was refused, or the load stopped',
    ],
  });
}

async function runCreate(options: CreateOptions, deps: CliDeps): Promise<number> {
  if (options.password !== undefined) {
    throw new UsageError(
      'A password is never a flag, for others can see flags. Write it to standard input.',
    );
  }
  const person = personOf(options);
  const target = await readTargetOf(options, deps);
  const { io, signal, cwd, monotonicMs } = deps;
  const policy = deps.tuning?.policy;
  const { file } = options;
  if (file === undefined) {
    if (person === undefined) {
      throw new UsageError('Give --file FILE, or --first-name, --last-name and --email.');
    }
    const password = await readNewPassword(io);
    return withOperator(deps, target, (client) =>
      createOneUser(
        { ...person, json: options.json === true },
        { io, client, signal, password, policy },
      ),
    );
  }
  const password = options.passwordStdin ? await readNewPassword(io) : undefined;
  return withOperator(deps, target, (client) =>
    createUsersFromFile(
      { ...options, file, concurrency: options.concurrency ?? DEFAULT_CONCURRENCY },
      {
        io,
        cwd,
        client,
        signal,
        monotonicMs,
        password,
        policy,
        checkpointIntervalMs: deps.tuning?.checkpointIntervalMs,
      },
    ),
  );
}

interface PersonFlags {
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly phone: string | undefined;
}

/** The person that the flags name; undefined with `--file`. */
function personOf(options: CreateOptions): PersonFlags | undefined {
  const { file, firstName, lastName, email, phone } = options;
  const { concurrency, progressFile, restart } = options;
  const forPerson = [firstName, lastName, email, phone].some((value) => value !== undefined);
  const forFile = [concurrency, progressFile, restart].some((value) => value !== undefined);
  if (file !== undefined) {
    if (forPerson) throw new UsageError('Give either --file or one person, not both.');
    return undefined;
  }
  if (forFile) {
    throw new UsageError('--concurrency, --progress-file and --restart are for --file.');
  }
  if (firstName === undefined || lastName === undefined || email === undefined) return undefined;
  return { firstName, lastName, email, phone };
}

function addGet(users: Command, deps: CliDeps, setExit: SetExitCode): void {
  const command = users
    .command('get')
    .description('show one user')
    .argument('<id-or-email>', 'id of the user, or e-mail address')
    .option(...JSON_FLAG)
    .action(async (idOrEmail: string, options: TargetOptions & { json?: boolean }) => {
      const target = await readTargetOf(options, deps);
      setExit(
        await withOperator(deps, target, (client) =>
          getUser(idOrEmail, options, { ...deps, client, policy: deps.tuning?.policy }),
        ),
      );
    });
  documented(addTargetOptions(command), {
    examples: [
      ['user-service users get ada.okafor@example.com', 'by e-mail address'],
      ['user-service users get 0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61 --json', 'by id, for a script'],
    ],
    exit: ['shown', 'there is no such user, or the service cannot be asked'],
  });
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000_000_000;

function addList(users: Command, deps: CliDeps, setExit: SetExitCode): void {
  const command = users
    .command('list')
    .description('list users')
    .option('--query <text>', 'only those whose name or e-mail address contains the text')
    .option('--limit <n>', 'at most so many', wholeNumber(1, MAX_LIMIT), DEFAULT_LIMIT)
    .option('--all', 'every one')
    .option('--json', 'write one JSON document a line (NDJSON)')
    .action(async (options: TargetOptions & ListUsersOptions) => {
      const target = await readTargetOf(options, deps);
      setExit(
        await withOperator(deps, target, (client) =>
          listUsers(options, { ...deps, client, policy: deps.tuning?.policy }),
        ),
      );
    });
  documented(addTargetOptions(command), {
    examples: [
      ['user-service users list --query okafor', 'a table of those that match'],
      ['user-service users list --all --json > users.ndjson', 'everybody, for a script'],
    ],
    exit: ['listed', 'the service refuses or cannot be asked'],
  });
}

function readTargetOf(options: TargetOptions, deps: CliDeps): Promise<Target> {
  return readTarget(options, { cwd: deps.cwd, warn: deps.io.stderr });
}
