import { Command, CommanderError } from 'commander';
import { DomainError } from '../../domain/errors.ts';
import type { CliDeps } from './cli-deps.ts';
import { addEventCommands } from './event-commands.ts';
import { runHealth } from './health.ts';
import { documented, JSON_FLAG, type SetExitCode } from './help.ts';
import { CommandFailure, EXIT, UsageError } from './io.ts';
import { addMailCommands } from './mail-commands.ts';
import { addMigrateCommands } from './migrate-commands.ts';
import { ServiceUnreachable } from './operator-client.ts';
import { addServiceAccountCommands } from './service-account-commands.ts';
import { addUsersCommands } from './users/commands.ts';

export type { CliDeps } from './cli-deps.ts';

const CONFIGURATION =
  'Configuration: every key is a flag too, anywhere on the command line, such as --server.port 9000, and\n' +
  '--config FILE names the YAML file (default: ./config.yaml where it exists). `config print` shows all.';

/** The whole command line. Actions hand their exit code to `setExit`; wrong usage throws `CommanderError`. */
export function createProgram(deps: CliDeps, setExit: SetExitCode): Command {
  const { io } = deps;
  const program = new Command('user-service')
    .description('Accounts, profiles, sign-in, sessions and the events about them.')
    .version(deps.version)
    .exitOverride()
    .showHelpAfterError('(--help shows what can be given)')
    .configureOutput({
      writeOut: (text) => io.stdout(text.replace(/\n$/, '')),
      writeErr: (text) => io.stderr(text.replace(/\n$/, '')),
      // A mistyped flag may carry a secret as its value.
      outputError: (text, write) => write(text.replace(/(unknown option '[^'=]+)=.*'/s, "$1'")),
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
    });
  documented(program, {
    notes: [CONFIGURATION],
    examples: [
      ['user-service', 'runs the service on http://127.0.0.1:8080'],
      ['user-service users create --file examples/people.ndjson', 'registers people'],
    ],
    exit: ['done', 'failed'],
  });
  documented(
    program
      .command('serve')
      .description('run the service until it is told to stop (the default command)')
      .action(async () => setExit(await deps.serve())),
    {
      notes: [CONFIGURATION],
      examples: [
        ['user-service serve --server.port 9000', 'on another port'],
        ['DATABASE_HOST=db.internal user-service', 'on a PostgreSQL server'],
      ],
      exit: ['stopped in order', 'could not start, or had to stop'],
    },
  );
  addMigrateCommands(program, deps, setExit);
  addConfigCommands(program, deps, setExit);
  addHealth(program, deps, setExit);
  addUsersCommands(program, deps, setExit);
  addServiceAccountCommands(program, deps, setExit);
  addEventCommands(program, deps, setExit);
  addMailCommands(program, deps, setExit);
  return program;
}

function addConfigCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const group = documented(
    program.command('config').description('show or check the configuration'),
    {
      notes: [CONFIGURATION],
      examples: [['user-service config print', 'what is in force, and where it comes from']],
      exit: ['done', 'the configuration has faults'],
    },
  );
  const argsOf = (options: { json?: boolean }): string[] => (options.json ? ['--json'] : []);
  documented(
    group
      .command('print')
      .description('show every key with its effective value and source; secrets are hidden')
      .option(...JSON_FLAG)
      .action(async (options: { json?: boolean }) =>
        setExit(await deps.configPrint(argsOf(options))),
      ),
    {
      notes: [CONFIGURATION],
      examples: [['user-service config print --config production.yaml', 'with a file']],
      exit: ['shown', 'the configuration has faults'],
    },
  );
  documented(
    group
      .command('check')
      .description('name every fault of the configuration')
      .option(...JSON_FLAG)
      .action(async (options: { json?: boolean }) =>
        setExit(await deps.configCheck(argsOf(options))),
      ),
    {
      notes: [CONFIGURATION],
      examples: [['user-service config check --config production.yaml', 'before a deployment']],
      exit: ['the service would accept it', 'it has faults, and all are listed'],
    },
  );
}

const DEFAULT_URL = 'http://127.0.0.1:8080';

function addHealth(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  documented(
    program
      .command('health')
      .description('ask a running service how it is, within 3 seconds')
      .argument('[url]', 'base URL of the service, or of its management port', DEFAULT_URL)
      .option(...JSON_FLAG)
      .action(async (url: string, options: { json?: boolean }) =>
        setExit(await runHealth(url, options, deps.io)),
      ),
    {
      examples: [
        ['user-service health', 'the service of this machine'],
        ['HEALTHCHECK CMD ["user-service", "health", "http://127.0.0.1:9090"]', 'in a container'],
      ],
      exit: ['ok, or degraded, which it says', 'down, or no answer'],
    },
  );
}

/**
 * Runs one command line, without the node and script paths and after `takeConfigFlags` took its flags out.
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage
 * @throws what is a defect of the program: it needs its stack
 */
export async function runCli(deps: CliDeps, argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  const program = createProgram(deps, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(withDefaultCommand(argv), { from: 'user' });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error, deps);
  }
}

/** Commander's own default command would take a mistyped command for an argument of it. */
function withDefaultCommand(argv: readonly string[]): string[] {
  const [first] = argv;
  const global = ['--help', '-h', '--version', '-V'];
  const named = first !== undefined && (!first.startsWith('-') || global.includes(first));
  return named ? [...argv] : ['serve', ...argv];
}

function exitCodeOf(error: unknown, deps: CliDeps): number {
  if (error instanceof CommanderError) {
    // Help that was asked for is done; help instead of a missing subcommand is not.
    return error.exitCode === 0 ? EXIT.done : EXIT.wrongUsage;
  }
  if (error instanceof UsageError) {
    deps.io.stderr(`error: ${error.message}\n(--help shows what can be given)`);
    return EXIT.wrongUsage;
  }
  const expected =
    error instanceof CommandFailure ||
    error instanceof ServiceUnreachable ||
    error instanceof DomainError;
  if (!expected) throw error;
  deps.io.stderr(`error: ${error.message}`);
  return EXIT.failed;
}
