import { type Command, InvalidArgumentError } from 'commander';
import { type CliDeps, withOperator } from './cli-deps.ts';
import { documented, JSON_FLAG, type SetExitCode } from './help.ts';
import type { MirrorCheckOptions } from './mirror-check.ts';
import { addTargetOptions, readTarget, type TargetOptions } from './target.ts';

/** Adds `mirror check`. */
export function addMirrorCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const group = documented(
    program.command('mirror').description('look after copies of users in other databases'),
    {
      examples: [['user-service mirror check --table users', 'compares a copy with the service']],
      exit: ['done', 'failed'],
    },
  );
  const command = group
    .command('check')
    .description('compare a table of users with the service: what is missing, old or different')
    .requiredOption('--table <name>', 'the table, such as users or crm.users')
    .option(
      '--columns <list>',
      'its columns, such as id=person,email=mail (default: email,first_name,last_name,status)',
      columns,
    )
    .option('--repair', 'make rows that differ as the service has the users; no mirror may run')
    .option(
      '--position-table <name>',
      'where the mirror keeps its position, for --repair (default: user_service_mirrors)',
    )
    .option(...JSON_FLAG)
    .action(async (options: MirrorCheckOptions & TargetOptions) => {
      const { cwd, io } = deps;
      const target = await readTarget(options, { cwd, warn: (line) => io.stderr(line) });
      const policy = deps.tuning?.policy;
      const { checkMirror } = await import('./mirror-check.ts');
      setExit(
        await withOperator(deps, target, (client) =>
          checkMirror(options, { ...deps, client, policy }),
        ),
      );
    });
  documented(addTargetOptions(command), {
    notes: [
      'MIRROR_DATABASE_URL, or the file that MIRROR_DATABASE_URL_FILE names, has the connection string of the ' +
        'PostgreSQL database with the table. Without --repair the command only reads. The table is found by the id and the version of ' +
        'each user. A user who differs is looked at again for some seconds: a copy may be a little behind. The key ' +
        'needs users:read.',
      '--repair changes the rows that differ and prints them; other columns stay as they are. It takes the lock of the ' +
        'mirror, which has to be stopped and goes on from its position afterwards. A running mirror repairs its own ' +
        'table: `reconcile` of the client package. A table that no mirror has filled is refused.',
    ],
    examples: [
      ['user-service mirror check --table users', 'one line for each finding, and a summary'],
      [
        'user-service mirror check --table users --columns email=mail --json',
        'one JSON object a line; the last has the summary',
      ],
      [
        'user-service mirror check --table users --repair',
        'one line for each row that was changed',
      ],
    ],
    exit: [
      'the table is as the service',
      'there are findings that were not repaired, or a side is unreachable',
    ],
  });
}

/** Reads `field` and `field=column`, with commas between them. */
function columns(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').map((part) => /^([a-z_]{1,63})(?:=([^=\0]{1,63}))?$/.exec(part));
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, field, column] = pair ?? [];
      if (field === undefined) {
        throw new InvalidArgumentError('Must be fields of users, such as email or email=mail.');
      }
      return [field, column ?? field];
    }),
  );
}
