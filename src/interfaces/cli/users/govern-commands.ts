import type { Command } from 'commander';
import { type CliDeps, withOperator } from '../cli-deps.ts';
import { documented, JSON_FLAG, type SetExitCode, uuid } from '../help.ts';
import { type TableOptions, WIDE_FLAG } from '../table.ts';
import { addTargetOptions, readTarget, type TargetOptions } from '../target.ts';
import {
  ACTS,
  deleteUser,
  endSessions,
  governUser,
  listOfUser,
  type NoteOptions,
  type ProfileChanges,
  SESSIONS,
  SIGN_IN_FAILURES,
  sendPasswordReset,
  unlockUser,
  updateUser,
} from './govern.ts';
import { PROFILE_VIEWS } from './profile-views.ts';
import type { ReadUsersDeps } from './read-users.ts';

interface ActOptions extends TargetOptions, NoteOptions {
  readonly json?: boolean;
}

type Use = (deps: ReadUsersDeps) => Promise<number>;
type Run = (options: TargetOptions, use: Use) => Promise<void>;

const ID = '0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61';
const NOTE =
  'The act is recorded with the reason and the name of the person; `users acts` lists it. With --url the key needs ' +
  'the scope users:admin, and users:read to find a user by address.';
const NOT_FOUND = 'no user matches, or the service is unreachable or rejects the request';

/** Adds `users update | disable | enable | expire-password | send-reset | delete | end-sessions | unlock | sessions | sign-in-failures | acts`. */
export function addGovernCommands(users: Command, deps: CliDeps, setExit: SetExitCode): void {
  const run: Run = async (options, use) => {
    const target = await readTarget(options, { cwd: deps.cwd, warn: deps.io.stderr });
    const policy = deps.tuning?.policy;
    setExit(await withOperator(deps, target, (client) => use({ ...deps, client, policy })));
  };
  const withName = <O extends NoteOptions>(options: O): O => {
    const operator = options.operator ?? deps.operatorName();
    return operator === null ? options : { ...options, operator };
  };
  addUpdate(users, run, withName);
  addStateCommands(users, run, withName);
  addEndings(users, run, withName);
  addUnlock(users, run, withName);
  addLists(users, run);
}

type WithName = <O extends NoteOptions>(options: O) => O;

function actCommand(users: Command, name: string): Command {
  return users
    .command(name)
    .argument('<user>', 'id or e-mail address of the user')
    .option(
      '--operator <name>',
      'your name, for the record (default: your account on this machine)',
    )
    .option(...JSON_FLAG);
}

function withReason(command: Command): Command {
  return command.requiredOption('--reason <text>', 'why, for the record: 1-500 characters');
}

function addUpdate(users: Command, run: Run, withName: WithName): void {
  const command = actCommand(users, 'update')
    .description('change the profile of a user')
    .option('--reason <text>', 'why, for the record: 1-500 characters')
    .action((id: string, options: ActOptions & ProfileChanges) =>
      run(options, (deps) => updateUser(id, options, withName(options), deps)),
    );
  for (const [, { flag, help }] of PROFILE_VIEWS) command.option(flag, `new ${help}`);
  command.option('--no-phone', 'remove the telephone number');
  documented(addTargetOptions(command), {
    notes: [
      'Values that are not given stay as they are. The change is recorded; `users acts` lists it. With --url the key ' +
        'needs the scope users:write, and users:read to find a user by address.',
    ],
    examples: [
      [
        'user-service users update ada@b.test --last-name Li --reason "Ticket 4711"',
        'changes one field',
      ],
    ],
    exit: ['changed, or nothing differed', NOT_FOUND],
  });
}

function addStateCommands(users: Command, run: Run, withName: WithName): void {
  const act =
    (verb: Parameters<typeof governUser>[0]) =>
    (id: string, options: ActOptions & { until?: string }): Promise<void> =>
      run(options, (deps) => governUser(verb, id, withName(options), deps));
  documented(
    addTargetOptions(
      withReason(actCommand(users, 'disable'))
        .description('end all sessions of a user and refuse sign-ins')
        .option(
          '--until <time>',
          'enable the user again at this time, such as 2027-01-31T12:00:00Z',
        )
        .action(act('disable')),
    ),
    {
      notes: [NOTE],
      examples: [
        ['user-service users disable ada@b.test --reason "Ticket 4711"', 'until enabled again'],
        [
          'user-service users disable "$ID" --reason Lost --until 2027-01-31T12:00:00Z',
          'for a time',
        ],
      ],
      exit: ['disabled, or it was already', NOT_FOUND],
    },
  );
  documented(
    addTargetOptions(
      withReason(actCommand(users, 'enable'))
        .description('let a disabled user sign in again')
        .action(act('enable')),
    ),
    {
      notes: [NOTE],
      examples: [['user-service users enable ada@b.test --reason "Owner confirmed"', 'at once']],
      exit: ['enabled, or it was already', NOT_FOUND],
    },
  );
  documented(
    addTargetOptions(
      withReason(actCommand(users, 'expire-password'))
        .description('end all sessions of a user and no longer accept the password')
        .action(act('expire-password')),
    ),
    {
      notes: [NOTE, 'The user needs a new password to sign in again.'],
      examples: [
        ['user-service users expire-password ada@b.test --reason "Found in a leak"', 'at once'],
      ],
      exit: ['expired, or it was already', NOT_FOUND],
    },
  );
  documented(
    addTargetOptions(
      withReason(actCommand(users, 'send-reset'))
        .description('send the mail of a password reset to the address of a user')
        .action((id: string, options: ActOptions) =>
          run(options, (deps) => sendPasswordReset(id, withName(options), deps)),
        ),
    ),
    {
      notes: [
        NOTE,
        'The link and the code are in the mail only. The password stays valid until then.',
      ],
      examples: [['user-service users send-reset ada@b.test --reason "Owner called"', 'at once']],
      exit: ['the mail will be sent', NOT_FOUND],
    },
  );
}

function addEndings(users: Command, run: Run, withName: WithName): void {
  documented(
    addTargetOptions(
      withReason(actCommand(users, 'end-sessions'))
        .description('end all sessions of a user, or one')
        .option('--session <id>', 'only this session, as `users sessions` shows it', uuid)
        .action((id: string, options: ActOptions & { session?: string }) =>
          run(options, (deps) => endSessions(id, withName(options), deps)),
        ),
    ),
    {
      notes: [NOTE],
      examples: [
        ['user-service users end-sessions ada@b.test --reason "Lost laptop"', 'all sessions'],
        ['user-service users end-sessions ada@b.test --session "$ID" --reason Lost', 'one session'],
      ],
      exit: ['ended', 'no such user or session, or the service is unreachable'],
    },
  );
  documented(
    addTargetOptions(
      withReason(actCommand(users, 'delete'))
        .description('delete a user for good')
        .action((id: string, options: ActOptions) =>
          run(options, (deps) => deleteUser(id, withName(options), deps)),
        ),
    ),
    {
      notes: [NOTE, 'The address is free again. The record of acts is kept.'],
      examples: [[`user-service users delete ${ID} --reason Asked`, 'at once']],
      exit: ['deleted', NOT_FOUND],
    },
  );
}

function addUnlock(users: Command, run: Run, withName: WithName): void {
  documented(
    addTargetOptions(
      actCommand(users, 'unlock')
        .description('end the waits after failed attempts at an account')
        .option('--reason <text>', 'why, for the record: 1-500 characters')
        .action((id: string, options: ActOptions) =>
          run(options, (deps) => unlockUser(id, withName(options), deps)),
        ),
    ),
    {
      notes: [NOTE, 'Guesses that go on close the password again.'],
      examples: [['user-service users unlock ada@b.test --reason "Owner called"', 'at once']],
      exit: ['unlocked, or it was already', NOT_FOUND],
    },
  );
}

function addLists(users: Command, run: Run): void {
  for (const [name, list, description, example] of [
    ['sessions', SESSIONS, 'list the live sessions of a user, at most 200', 'the last used first'],
    [
      'sign-in-failures',
      SIGN_IN_FAILURES,
      'list the failed attempts of an account, in a row',
      'the busiest counter first',
    ],
    ['acts', ACTS, 'list the administrative acts on a user, at most 200', 'the newest first'],
  ] as const) {
    documented(
      addTargetOptions(
        users
          .command(name)
          .description(description)
          .argument('<user>', 'id or e-mail address of the user')
          .option(...WIDE_FLAG)
          .option('--json', 'write one JSON document a line (NDJSON)')
          .action((id: string, options: TargetOptions & TableOptions & { json?: boolean }) =>
            run(options, (deps) => listOfUser(list, id, options, deps)),
          ),
      ),
      {
        examples: [
          [`user-service users ${name} ada@b.test`, example],
          [`user-service users ${name} "$ID" --json`, 'by id, for a script'],
        ],
        exit: ['listed, also when there are none', NOT_FOUND],
      },
    );
  }
}
