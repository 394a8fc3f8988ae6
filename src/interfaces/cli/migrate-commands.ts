import type { Command } from 'commander';
import type { CliDeps } from './cli-deps.ts';
import { documented, JSON_FLAG, type SetExitCode, wholeNumber } from './help.ts';

interface Sub {
  readonly name: string;
  readonly description: string;
  readonly argument?: readonly [
    form: string,
    description: string,
    kind: 'count' | 'version' | 'text',
  ];
  /** Offers `--allow-data-loss`. */
  readonly lossy?: boolean;
  readonly example: readonly [commandLine: string, meaning: string];
}

/** Migrations are numbered with six digits. */
const MAX_VERSION = 999_999;

const SUBCOMMANDS: readonly Sub[] = [
  {
    name: 'up',
    description: 'apply the next N migrations (default: all)',
    argument: ['[n]', 'number of migrations', 'count'],
    example: ['user-service migrate up', 'migrates to the newest version'],
  },
  {
    name: 'down',
    description: 'revert the last N migrations (default: 1)',
    argument: ['[n]', 'number of migrations', 'count'],
    lossy: true,
    example: ['user-service migrate down 2', 'reverts two migrations'],
  },
  {
    name: 'goto',
    description: 'migrate up or down to a version; 0 is an empty schema',
    argument: ['<version>', 'number of the migration', 'version'],
    lossy: true,
    example: ['user-service migrate goto 6', 'migrates to version 6'],
  },
  {
    name: 'status',
    description: 'list every migration and whether it is applied',
    example: ['user-service migrate status --json', 'prints JSON for a script'],
  },
  {
    name: 'version',
    description: 'show the version of the database',
    example: [
      'user-service migrate version',
      'prints the number, and "(dirty)" if a migration failed half-way',
    ],
  },
  {
    name: 'force',
    description: 'record a version without running a migration, after a manual repair',
    argument: ['<version>', 'number of the migration', 'version'],
    example: ['user-service migrate force 6', 'records version 6 and clears "dirty"'],
  },
  {
    name: 'create',
    description: 'create the next pair of migration files in the source tree',
    argument: ['<name>', 'what the migration does, as words_with_underscores', 'text'],
    example: ['user-service migrate create add_nickname', 'creates an up file and a down file'],
  },
];

const NOTE =
  'The subcommands work on the configured database, embedded or PostgreSQL, and hold an advisory lock. ' +
  'Stop the service first if it uses the embedded database; status and version work while it runs. ' +
  'PostgreSQL needs a direct connection, not a transaction pooler.';
const EXIT_CODES = ['done', 'failed; the message gives the state of the database'] as const;

/** Adds `migrate up | down | goto | status | version | force | create`. */
export function addMigrateCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const group = documented(program.command('migrate').description('migrate the database schema'), {
    notes: [NOTE],
    examples: SUBCOMMANDS.slice(0, 2).map(({ example }) => example),
    exit: EXIT_CODES,
  });
  for (const { name, description, argument, lossy, example } of SUBCOMMANDS) {
    const command = group
      .command(name)
      .description(description)
      .option(...JSON_FLAG);
    if (argument !== undefined) {
      const [form, meaning, kind] = argument;
      if (kind === 'text') command.argument(form, meaning);
      else command.argument(form, meaning, wholeNumber(kind === 'count' ? 1 : 0, MAX_VERSION));
    }
    if (lossy) command.option('--allow-data-loss', 'run migrations that delete data');
    command.action(async () => {
      const options: { json?: boolean; allowDataLoss?: boolean } = command.opts();
      const args = [name, ...command.args];
      if (options.allowDataLoss) args.push('--allow-data-loss');
      if (options.json) args.push('--json');
      setExit(await deps.migrate(args, options.json === true));
    });
    documented(command, { examples: [example], exit: EXIT_CODES });
  }
}
