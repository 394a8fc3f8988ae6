import { type Command, Option } from 'commander';
import { type CliDeps, withOperator } from './cli-deps.ts';
import {
  type DeadLetterKind,
  dropDeadLetter,
  listDeadLetters,
  type OperatorDeps,
  requeueDeadLetters,
} from './dead-letters.ts';
import { documented, JSON_FLAG, type SetExitCode, uuid } from './help.ts';
import { UsageError } from './io.ts';
import { type TableOptions, WIDE_FLAG } from './table.ts';

/** For the help of a group of operator commands. */
export const OPERATOR_NOTE =
  'These commands are for the operator, on the machine of the service and with its configuration. ' +
  'They do not support --url. With the embedded database the service must be running. With ' +
  'PostgreSQL they connect to the database, whether or not a service runs.';

/** For the help of one operator command. */
export const OPERATOR_HINT = 'For the operator, on the machine of the service; without --url.';

export interface OperatorOptions {
  readonly json?: boolean;
  readonly url?: unknown;
}

/** Runs the action of an operator command and sets its exit code. */
export type RunAtService = (
  options: OperatorOptions,
  use: (deps: OperatorDeps) => Promise<number>,
) => Promise<void>;

/** With the embedded database the runner fails when no service runs, instead of opening the data itself. */
export function createRunAtService(deps: CliDeps, setExit: SetExitCode): RunAtService {
  return async (options, use) => {
    refuseUrl(options);
    const policy = deps.tuning?.policy;
    setExit(
      await withOperator(deps, { mustRun: true }, (client) => use({ ...deps, client, policy })),
    );
  };
}

/** @throws UsageError with `--url` */
export function refuseUrl({ url }: OperatorOptions): void {
  if (url === undefined) return;
  throw new UsageError('Run this command on the machine of the service, without --url.');
}

/** Adds a subcommand with `--json`, and a hidden `--url` that is refused with an explanation. */
export function addOperatorCommand(group: Command, name: string): Command {
  return group
    .command(name)
    .option(...JSON_FLAG)
    .addOption(new Option('--url [url]').hideHelp());
}

/** The texts that differ between kinds of dead letters. */
export interface DeadLetterTexts {
  /** The parent command, `events` or `mail`. */
  readonly parent: string;
  readonly description: string;
  /** When an item becomes a dead letter, and what the table shows. */
  readonly note: string;
  /** What `drop` causes. */
  readonly dropped: string;
}

const EXAMPLE_ID = '"$ID"';
const NOT_FOUND = 'no dead letter has this id, or the service is unreachable';

/** Adds `dead-letters list | requeue | drop` to the parent command. */
export function addDeadLetterCommands(
  parent: Command,
  kind: DeadLetterKind,
  texts: DeadLetterTexts,
  run: RunAtService,
): void {
  const commands = `user-service ${texts.parent} dead-letters`;
  const group = documented(parent.command('dead-letters').description(texts.description), {
    notes: [texts.note, OPERATOR_NOTE],
    examples: [[`${commands} list`, 'each with its last error']],
    exit: ['done', 'failed'],
  });
  documented(
    addOperatorCommand(group, 'list')
      .description('list dead letters, at most 1,000, the oldest first')
      .option(...WIDE_FLAG)
      .action((options: OperatorOptions & TableOptions) =>
        run(options, (deps) => listDeadLetters(kind, options, deps)),
      ),
    {
      notes: [OPERATOR_HINT],
      examples: [
        [`${commands} list`, 'a table'],
        [`${commands} list --json`, 'one JSON object a line'],
      ],
      exit: ['listed, also when there are none', 'the service is unreachable'],
    },
  );
  documented(
    addOperatorCommand(group, 'requeue')
      .description('try a dead letter again, with all its attempts')
      .argument('[id]', 'its id, as `list` shows it', uuid)
      .option('--all', 'all dead letters')
      .action((id: string | undefined, options: OperatorOptions & { all?: boolean }) => {
        if ((id === undefined) !== (options.all === true)) {
          throw new UsageError('Give the id of one dead letter, or --all.');
        }
        return run(options, (deps) => requeueDeadLetters(kind, id ?? null, options, deps));
      }),
    {
      notes: [OPERATOR_HINT],
      examples: [
        [`${commands} requeue ${EXAMPLE_ID}`, 'one dead letter'],
        [`${commands} requeue --all`, 'all; succeeds also when there are none'],
      ],
      exit: ['requeued', NOT_FOUND],
    },
  );
  documented(
    addOperatorCommand(group, 'drop')
      .description(`delete a dead letter; ${texts.dropped}`)
      .argument('<id>', 'its id, as `list` shows it', uuid)
      .action((id: string, options: OperatorOptions) =>
        run(options, (deps) => dropDeadLetter(kind, id, options, deps)),
      ),
    {
      notes: [OPERATOR_HINT],
      examples: [[`${commands} drop ${EXAMPLE_ID}`, 'one dead letter']],
      exit: ['dropped', NOT_FOUND],
    },
  );
}
