import { Command } from 'commander';
import type { CliDeps } from './cli-deps.ts';
import { addDatabaseCommands } from './diagnostic-commands.ts';
import { addEventCommands } from './event-commands.ts';
import { type HealthOptions, runHealth } from './health.ts';
import { documented, helpWidth, JSON_FLAG, type SetExitCode } from './help.ts';
import { addInvitationCommands } from './invitation-commands.ts';
import { EXIT, UsageError } from './io.ts';
import { addKeyCommands } from './key-commands.ts';
import { addMailCommands } from './mail-commands.ts';
import { addMigrateCommands } from './migrate-commands.ts';
import { addMirrorCommands } from './mirror-commands.ts';
import { addPasswordCommands } from './password-commands.ts';
import { HELP_HINT, plainUsage, reportFailure } from './report-failure.ts';
import { addServiceAccountCommands } from './service-account-commands.ts';
import { addSessionCommands } from './session-commands.ts';
import { WIDE_FLAG } from './table.ts';
import { addUsersCommands } from './users/commands.ts';
import { addWebhookCommands } from './webhook-commands.ts';

export type { CliDeps } from './cli-deps.ts';

const CONFIGURATION =
  'Configuration: every key is also a flag, anywhere on the command line, such as --server.port 9000. ' +
  '--config FILE names the YAML file (default: ./config.yaml if it exists). ' +
  '`user-service config print` shows every key.';

/** Creates the command line. Actions pass their exit code to `setExit`; wrong usage throws `CommanderError`. */
export function createProgram(deps: CliDeps, setExit: SetExitCode): Command {
  const { io } = deps;
  const program = new Command('user-service')
    .description('User accounts, profiles, sign-in, sessions, and events about them.')
    .version(deps.version)
    .exitOverride()
    .showHelpAfterError(HELP_HINT)
    .configureOutput({
      writeOut: (text) => io.stdout(text.replace(/\n$/, '')),
      writeErr: (text) => io.stderr(text.replace(/\n$/, '')),
      outputError: (text, write) => write(plainUsage(text)),
      getOutHelpWidth: () => helpWidth(io.columns),
      getErrHelpWidth: () => helpWidth(io.columns),
    });
  documented(program, {
    notes: [CONFIGURATION],
    examples: [
      ['user-service', 'runs the service on http://127.0.0.1:8080'],
      ['user-service users create --file examples/people.ndjson', 'registers example users'],
    ],
    exit: ['done', 'failed'],
  });
  documented(
    program
      .command('serve')
      .description('run the service until it gets SIGTERM or Ctrl-C (the default command)')
      .action(async () => setExit(await deps.serve())),
    {
      examples: [
        ['user-service serve --server.port 9000', 'runs it on another port'],
        ['DATABASE_HOST=db.internal user-service', 'runs it on a PostgreSQL server'],
      ],
      exit: ['stopped cleanly', 'could not start, or stopped on an error'],
    },
  );
  addMigrateCommands(program, deps, setExit);
  addConfigCommands(program, deps, setExit);
  addHealth(program, deps, setExit);
  addUsersCommands(program, deps, setExit);
  addSessionCommands(program, deps, setExit);
  addInvitationCommands(program, deps, setExit);
  addServiceAccountCommands(program, deps, setExit);
  addKeyCommands(program, deps, setExit);
  addEventCommands(program, deps, setExit);
  addWebhookCommands(program, deps, setExit);
  addMirrorCommands(program, deps, setExit);
  addMailCommands(program, deps, setExit);
  addDatabaseCommands(program, deps, setExit);
  addPasswordCommands(program, deps, setExit);
  return program;
}

function addConfigCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const group = documented(
    program.command('config').description('show or check the configuration'),
    {
      notes: [CONFIGURATION],
      examples: [['user-service config print', 'every value and where it comes from']],
      exit: ['done', 'the configuration has errors'],
    },
  );
  documented(
    group
      .command('print')
      .description('show every key with its effective value and source; secrets are hidden')
      .option('--changed', 'only the keys that a file, a variable or a flag sets')
      .option(...WIDE_FLAG)
      .option(...JSON_FLAG)
      .action(async (options: Switches) => setExit(await deps.configPrint(switchesOf(options)))),
    {
      examples: [
        ['user-service config print --config production.yaml', 'with a file'],
        ['user-service config print --changed', 'only what is not the default'],
      ],
      exit: ['shown', 'the configuration has errors'],
    },
  );
  documented(
    group
      .command('check')
      .description('check the configuration and list every error')
      .option('--connect', 'also try every configured dependency, for at most 8 seconds')
      .option(...JSON_FLAG)
      .action(async (options: Switches) => setExit(await deps.configCheck(switchesOf(options)))),
    {
      examples: [
        ['user-service config check --config production.yaml', 'before a deployment'],
        ['user-service config check --connect', 'what PostgreSQL, Redis, NATS and SMTP answer'],
      ],
      exit: [
        'the configuration is valid',
        'the configuration has errors, or a needed dependency cannot be used',
      ],
    },
  );
  documented(
    group
      .command('explain')
      .description('explain one key: its meaning, type, default, environment variable and flag')
      .argument('<key>', 'a key, or its environment variable')
      .option(...JSON_FLAG)
      .action(async (key: string, options: Switches) =>
        setExit(await deps.configExplain([key, ...switchesOf(options)])),
      ),
    {
      examples: [['user-service config explain database.url', 'how to name a PostgreSQL server']],
      exit: ['explained', 'not used'],
    },
  );
}

interface Switches {
  readonly changed?: boolean;
  readonly connect?: boolean;
  readonly wide?: boolean;
  readonly json?: boolean;
}

function switchesOf(options: Switches): string[] {
  return (['changed', 'connect', 'wide', 'json'] as const)
    .filter((name) => options[name] === true)
    .map((name) => `--${name}`);
}

function addHealth(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  documented(
    program
      .command('health')
      .description('show the health of a running service (timeout: 3 seconds)')
      .argument('[url]', 'base URL of the service (default: the service that is configured here)')
      .option(...WIDE_FLAG)
      .option(...JSON_FLAG)
      .action(async (url: string | undefined, options: HealthOptions) =>
        setExit(await runHealth(url ?? (await deps.localService()), options, deps)),
      ),
    {
      notes: [
        'Without a URL the command reads the configuration, as `serve` does, and asks the control socket of a ' +
          'service with the embedded database, else server.management_port, else server.port on server.host.',
      ],
      examples: [
        ['user-service health', 'the service on this machine'],
        ['user-service health https://users.example.com', 'a service elsewhere'],
      ],
      exit: ['ok or degraded', 'down or no response'],
    },
  );
}

/**
 * Runs one command line. `argv` has neither the paths of node and script nor the flags of `takeConfigFlags`.
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted
 * @throws unexpected errors, which are defects: their stack is needed
 */
export async function runCli(deps: CliDeps, argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  const json = argv.includes('--json');
  try {
    // Node.js decodes arguments leniently: a name would be stored with other letters.
    if (argv.some((argument) => argument.includes('\ufffd'))) {
      throw new UsageError('The command line is not UTF-8.');
    }
    const program = createProgram(deps, (code) => {
      exitCode = code;
    });
    if (json) silenceErrors(program);
    await program.parseAsync(withHelpLast(program, withDefaultCommand(argv)), { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportFailure(error, { io: deps.io, interrupted: deps.signal.aborted, json });
  }
}

/** With `--json`, an error is one object: commander's own lines would stand beside it. */
function silenceErrors(command: Command): void {
  command.configureOutput({ writeErr: () => {}, outputError: () => {} });
  for (const subcommand of command.commands) silenceErrors(subcommand);
}

/** Commander's default command would read a mistyped command as its argument. */
function withDefaultCommand(argv: readonly string[]): string[] {
  const [first] = argv;
  const global = ['--help', '-h', '--version', '-V'];
  const named = first !== undefined && (!first.startsWith('-') || global.includes(first));
  return named ? [...argv] : ['serve', ...argv];
}

const HELP_WORDS: readonly string[] = ['help', '--help', '-h'];

/**
 * Rewrites `help users get` to `users get --help`, and leaves out the request for help when a command on the way is
 * unknown: commander would show the help of its parent, and succeed.
 */
function withHelpLast(program: Command, argv: readonly string[]): string[] {
  let command = program;
  let asksForHelp = false;
  const path: string[] = [];
  for (const [index, word] of argv.entries()) {
    const isGroup = command.commands.length > 0;
    if (isGroup && word === 'help') {
      asksForHelp = true;
      continue;
    }
    const child = command.commands.find((candidate) => candidate.name() === word);
    if (child === undefined) {
      const rest = argv.slice(index);
      if (isGroup && !word.startsWith('-')) {
        return [...path, ...rest.filter((item) => !HELP_WORDS.includes(item))];
      }
      return [...path, ...(asksForHelp ? ['--help'] : []), ...rest];
    }
    path.push(word);
    command = child;
  }
  return [...path, ...(asksForHelp ? ['--help'] : [])];
}
