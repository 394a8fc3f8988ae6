import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CliDeps, withOperator } from './cli-deps.ts';
import {
  dropSetAside,
  listSetAside,
  type OperatorDeps,
  requeueSetAside,
  type SetAside,
} from './dead-letters.ts';
import { documented, JSON_FLAG, type SetExitCode } from './help.ts';
import { UsageError } from './io.ts';

/** Said in the help of every command that is for the operator of the local service. */
export const OPERATOR_NOTE =
  'This is for the operator at the machine of the service, with its configuration; it does not go\n' +
  'over --url. With the embedded database a service must run on it; with PostgreSQL this asks the\n' +
  'database itself, whether or not a service runs.';

/** Options of such a command. */
export interface OperatorOptions {
  readonly json?: boolean;
  readonly url?: unknown;
}

/** Runs the action of such a command, and hands its exit code on. */
export type RunAtService = (
  options: OperatorOptions,
  use: (deps: OperatorDeps) => Promise<number>,
) => Promise<void>;

/** Makes the runner. A service that does not run is an error: its data are not opened instead. */
export function createRunAtService(deps: CliDeps, setExit: SetExitCode): RunAtService {
  return async ({ url }, use) => {
    if (url !== undefined) throw new UsageError('Run this at the service, without --url.');
    const policy = deps.tuning?.policy;
    setExit(
      await withOperator(deps, { mustRun: true }, (client) => use({ ...deps, client, policy })),
    );
  };
}

/** Adds a subcommand with `--json`. */
export function addOperatorCommand(group: Command, name: string): Command {
  return group
    .command(name)
    .option(...JSON_FLAG)
    .addOption(new Option('--url [url]').hideHelp());
}

/** What the help of the three commands says of one kind. */
export interface SetAsideTexts {
  /** The words before `list`, `requeue` and `drop`. */
  readonly commands: string;
  readonly notes: readonly string[];
  /** What `drop` means for others. */
  readonly dropped: string;
}

const EXAMPLE_ID = '0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61';
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const LISTED = 'At most 1,000 are listed, the oldest first.';

/** Adds `list`, `requeue` and `drop`. */
export function addSetAsideCommands(
  group: Command,
  kind: SetAside,
  { commands, notes, dropped }: SetAsideTexts,
  run: RunAtService,
): void {
  const { noun } = kind;
  documented(
    addOperatorCommand(group, 'list')
      .description(`list ${noun}s, the oldest first`)
      .action((options: OperatorOptions) =>
        run(options, (own) => listSetAside(kind, options, own)),
      ),
    {
      notes: [...notes, LISTED, OPERATOR_NOTE],
      examples: [
        [`user-service ${commands} list`, 'a table; a line to standard error when there are none'],
        [`user-service ${commands} list --json`, 'one JSON object a line'],
      ],
      exit: ['listed, also when there are none', 'the service cannot be asked'],
    },
  );
  documented(
    addOperatorCommand(group, 'requeue')
      .description(`try a ${noun} again, with as many attempts as at first`)
      .argument('[id]', 'its id, as `list` shows it', uuid)
      .option('--all', 'all of them')
      .action((id: string | undefined, options: OperatorOptions & { all?: boolean }) => {
        if ((id === undefined) !== (options.all === true)) {
          throw new UsageError(`Name one ${noun}, or say --all.`);
        }
        return run(options, (own) => requeueSetAside(kind, id ?? null, options, own));
      }),
    {
      notes: [...notes, OPERATOR_NOTE],
      examples: [
        [`user-service ${commands} requeue ${EXAMPLE_ID}`, 'this one, at once'],
        [`user-service ${commands} requeue --all`, 'all of them; done also when there are none'],
      ],
      exit: ['requeued', `there is no such ${noun}, or the service cannot be asked`],
    },
  );
  documented(
    addOperatorCommand(group, 'drop')
      .description(`give a ${noun} up for good: ${dropped}`)
      .argument('<id>', 'its id, as `list` shows it', uuid)
      .action((id: string, options: OperatorOptions) =>
        run(options, (own) => dropSetAside(kind, id, options, own)),
      ),
    {
      notes: [...notes, OPERATOR_NOTE],
      examples: [[`user-service ${commands} drop ${EXAMPLE_ID}`, dropped]],
      exit: ['dropped', `there is no such ${noun}, or the service cannot be asked`],
    },
  );
}

function uuid(text: string): string {
  if (UUID.test(text)) return text.toLowerCase();
  throw new InvalidArgumentError('It must be a UUID.');
}
