import type { Command } from 'commander';
import type { CliDeps } from './cli-deps.ts';
import { documented, JSON_FLAG, type SetExitCode, wholeNumber } from './help.ts';

interface Sub {
  readonly name: string;
  readonly description: string;
  readonly argument?: readonly [form: string, description: string, kind: 'number' | 'text'];
  /** Offers `--allow-data-loss`. */
  readonly lossy?: boolean;
  readonly example: readonly [commandLine: string, meaning: string];
}

/** Migrations are numbered with six digits. */
const MAX_VERSION = 999_999;

const SUBCOMMANDS: readonly Sub[] = [
  {
    name: 'up',
    description: 'apply the next N migrations, or all',
    argument: ['[n]', 'how many', 'number'],
    example: ['user-service migrate up', 'to the newest version'],
  },
  {
    name: 'down',
    description: 'take back the last N migrations, or one',
    argument: ['[n]', 'how many', 'number'],
    lossy: true,
    example: ['user-service migrate down 2', 'two versions back'],
  },
  {
    name: 'goto',
    description: 'go up or down to a version; 0 is an empty schema',
    argument: ['<version>', 'number of the migration', 'number'],
    lossy: true,
    example: ['user-service migrate goto 6', 'exactly version 6'],
  },
  {
    name: 'status',
    description: 'show every migration and whether it is applied',
    example: ['user-service migrate status --json', 'for a script'],
  },
  {
    name: 'version',
    description: 'show the version of the database',
    example: ['user-service migrate version', 'the number, and whether a migration broke off'],
  },
  {
    name: 'force',
    description: 'record a version without running anything, after a repair by hand',
    argument: ['<version>', 'number of the migration', 'number'],
    example: ['user-service migrate force 6', 'the database is at 6, whatever broke off'],
  },
  {
    name: 'create',
    description: 'make the next pair of files in the source tree',
    argument: ['<name>', 'what it does, in words joined by underscores', 'text'],
    example: ['user-service migrate create add_nickname', 'an empty up and an empty down file'],
  },
];

const NOTE =
  'Works on the configured database, embedded or PostgreSQL, under an advisory lock; refuses while a\n' +
  'service owns the embedded one. PostgreSQL needs a direct connection, not a transaction pooler.';

/** Adds `migrate up | down | goto | status | version | force | create`. */
export function addMigrateCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const group = documented(
    program.command('migrate').description('bring the database schema to a version'),
    {
      notes: [NOTE],
      examples: SUBCOMMANDS.slice(0, 2).map(({ example }) => example),
      exit: ['done', 'failed; the database is as the message says'],
    },
  );
  for (const { name, description, argument, lossy, example } of SUBCOMMANDS) {
    const command = group
      .command(name)
      .description(description)
      .option(...JSON_FLAG);
    if (argument !== undefined) {
      const [form, meaning, kind] = argument;
      if (kind === 'number') command.argument(form, meaning, wholeNumber(0, MAX_VERSION));
      else command.argument(form, meaning);
    }
    if (lossy) command.option('--allow-data-loss', 'go on where data would be lost');
    command.action(async () => {
      const options: { json?: boolean; allowDataLoss?: boolean } = command.opts();
      const args = [name, ...command.args];
      if (options.allowDataLoss) args.push('--allow-data-loss');
      if (options.json) args.push('--json');
      setExit(await deps.migrate(args, options.json === true));
    });
    documented(command, {
      notes: [NOTE],
      examples: [example],
      exit: ['done', 'failed; the database is as the message says'],
    });
  }
}
