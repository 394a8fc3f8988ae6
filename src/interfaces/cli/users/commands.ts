import { type Command, Option } from 'commander';
import { type CliDeps, withOperator } from '../cli-deps.ts';
import { addOperatorCommand, OPERATOR_HINT } from '../dead-letter-commands.ts';
import { documented, JSON_FLAG, type SetExitCode, wholeNumber } from '../help.ts';
import { UsageError } from '../io.ts';
import { WIDE_FLAG } from '../table.ts';
import { addTargetOptions, readTarget, type Target, type TargetOptions } from '../target.ts';
import { type AuditDataOptions, auditData } from './audit-data.ts';
import { createUsersFromFile, STANDARD_INPUT } from './create-from-file.ts';
import { createOneUser, readNewPassword } from './create-one.ts';
import { addGovernCommands } from './govern-commands.ts';
import { PROFILE_VIEWS, type ProfileFlags } from './profile-views.ts';
import { getUser, type ListUsersOptions, listUsers } from './read-users.ts';

/** Adds `users create | get | list | audit-data`, and the commands that govern accounts. */
export function addUsersCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const users = documented(
    program.command('users').description('register, look up and govern users'),
    {
      examples: [
        ['user-service users create --file people.ndjson', 'registers every person in the file'],
        ['user-service users list --query okafor', 'finds people by name or e-mail address'],
        [
          'user-service users disable ada@b.test --reason "Ticket 4711"',
          'ends all sessions and refuses sign-ins',
        ],
      ],
      exit: ['done', 'failed'],
    },
  );
  addCreate(users, deps, setExit);
  addGet(users, deps, setExit);
  addList(users, deps, setExit);
  addAuditData(users, deps, setExit);
  addGovernCommands(users, deps, setExit);
}

interface CreateOptions extends TargetOptions, ProfileFlags {
  readonly file?: string;
  readonly concurrency?: number;
  readonly progressFile?: string;
  readonly restart?: boolean;
  readonly skipExisting?: boolean;
  readonly passwordStdin?: boolean;
  readonly password?: unknown;
  readonly json?: boolean;
}

const DEFAULT_CONCURRENCY = 8;
const MAX_CONCURRENCY = 256;

function addCreate(users: Command, deps: CliDeps, setExit: SetExitCode): void {
  const command = users
    .command('create')
    .description('register one person, or every person in a file')
    .option(
      '--file <file>',
      'NDJSON (each line is a body of POST /v1/users) or CSV with a header, also gzip; - is standard input',
    )
    .option(
      '--concurrency <n>',
      `with --file: concurrent requests (default: ${DEFAULT_CONCURRENCY})`,
      wholeNumber(1, MAX_CONCURRENCY),
    )
    .option('--skip-existing', 'with --file: an address that is registered already is no failure')
    .option('--restart', 'with --file: start over instead of resuming an earlier import')
    .option('--progress-file <file>', 'with --file: progress file (default: FILE.progress)');
  for (const [, { flag, help }] of PROFILE_VIEWS) command.option(flag, help);
  command
    .option(
      '--password-stdin',
      'read the password from standard input; with --file: password for lines without one',
    )
    .addOption(new Option('--password [password]').hideHelp())
    .option(...JSON_FLAG)
    .action(async (options: CreateOptions) => setExit(await runCreate(options, deps)));
  documented(addTargetOptions(command), {
    notes: [
      'If the import stops, run the same command to resume. Progress is kept in FILE.progress ' +
        '(line numbers only) and deleted when the import is complete. Each refused line is reported. ' +
        'If a run was killed, people whose response it lost count as already there.',
      'The columns of a CSV file are the fields of POST /v1/users: first_name, last_name, email, phone, locale, password. ' +
        'The separator is a comma, a semicolon or a tab. Empty cells are left out. ' +
        'With --file -, nothing is kept to resume: run it again with --skip-existing.',
      'For one person, the command prompts for the password on a terminal and otherwise reads it ' +
        'from standard input. There is no flag for it: other users of the machine can see flags.',
    ],
    examples: [
      ['user-service users create --file people.ndjson', 'imports into the local service'],
      [
        'zcat people.csv.gz | user-service users create --file - --skip-existing',
        'imports from another program, without those who are registered already',
      ],
      [
        'user-service users create --file p.csv --url https://users.test --key-file key',
        'imports into a service on another machine',
      ],
      [
        'user-service users create --first-name Ada --last-name Li --email ada@b.test',
        'registers one person; prompts for the password',
      ],
    ],
    exit: ['every person is registered', 'a person was refused, or the import stopped'],
  });
}

async function runCreate(options: CreateOptions, deps: CliDeps): Promise<number> {
  if (options.password !== undefined) {
    throw new UsageError(
      'There is no flag for the password: other users can see flags. Write it to standard input.',
    );
  }
  const person = personOf(options);
  const target = await readTargetOf(options, deps);
  const { io, signal, cwd, monotonicMs } = deps;
  if (options.file === STANDARD_INPUT && io.stdinIsTerminal) {
    throw new UsageError('With --file -, pipe the file to standard input.');
  }
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

/** The person that the flags describe; undefined with `--file`. @throws UsageError */
function personOf(options: CreateOptions): ProfileFlags | undefined {
  const { file, firstName, lastName, email } = options;
  const { concurrency, progressFile, restart, skipExisting } = options;
  const forPerson = PROFILE_VIEWS.some(([property]) => options[property] !== undefined);
  const forFile = [concurrency, progressFile, restart, skipExisting].some(
    (value) => value !== undefined,
  );
  if (file !== undefined) {
    if (forPerson) throw new UsageError('Give either --file or one person, not both.');
    if (file === STANDARD_INPUT && (options.passwordStdin || progressFile || restart)) {
      throw new UsageError(
        'With --file -, standard input is the file and there is nothing to resume: leave out --password-stdin, --progress-file and --restart.',
      );
    }
    return undefined;
  }
  if (forFile) {
    throw new UsageError(
      '--concurrency, --progress-file, --restart and --skip-existing are for --file.',
    );
  }
  if (firstName === undefined || lastName === undefined || email === undefined) return undefined;
  return options;
}

function addGet(users: Command, deps: CliDeps, setExit: SetExitCode): void {
  const command = users
    .command('get')
    .description('show one user')
    .argument('<id-or-email>', 'id or e-mail address of the user')
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
    exit: ['shown', 'no user matches, or the service is unreachable or rejects the request'],
  });
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000_000_000;

function addList(users: Command, deps: CliDeps, setExit: SetExitCode): void {
  const command = users
    .command('list')
    .description('list users')
    .option('--query <text>', 'only users whose name or e-mail address contains the text')
    .option('--limit <n>', 'largest number of users', wholeNumber(1, MAX_LIMIT), DEFAULT_LIMIT)
    .option('--all', 'list every user')
    .option(...WIDE_FLAG)
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
      ['user-service users list --query okafor', 'a table of the users that match'],
      ['user-service users list --all --json > users.ndjson', 'every user, for a script'],
    ],
    exit: ['listed', 'the service is unreachable or rejects the request'],
  });
}

function addAuditData(users: Command, deps: CliDeps, setExit: SetExitCode): void {
  const command = addOperatorCommand(users, 'audit-data')
    .description('find stored users that cannot sign in, be shown or be edited')
    .option('--limit <n>', 'stop after this many findings', wholeNumber(1, MAX_LIMIT))
    .option(...WIDE_FLAG)
    .action(async (options: AuditDataOptions & { url?: unknown }) => {
      if (options.url !== undefined) {
        throw new UsageError('Run this command on the machine of the service, without --url.');
      }
      setExit(
        await withOperator(deps, {}, (client) =>
          auditData(options, { ...deps, client, policy: deps.tuning?.policy }),
        ),
      );
    });
  documented(command, {
    notes: [
      OPERATOR_HINT,
      'Another program may have stored values that this service refuses, such as addresses or password hashes of ' +
        'another form. The command reads every user, applies the rules in force and shows ids, fields and rules, ' +
        'never the values. It changes nothing.',
    ],
    examples: [
      ['user-service users audit-data', 'a table of the findings'],
      ['user-service users audit-data --json > findings.ndjson', 'for a script; a summary is last'],
      [
        'user-service users audit-data --registration.email_rules permissive',
        'with other rules; a running embedded service applies its own',
      ],
    ],
    exit: ['no finding', 'there are findings, or the service is unreachable'],
  });
}

function readTargetOf(options: TargetOptions, deps: CliDeps): Promise<Target> {
  return readTarget(options, { cwd: deps.cwd, warn: deps.io.stderr });
}
