import type { Command } from 'commander';
import type { CliDeps } from './cli-deps.ts';
import {
  addDeadLetterCommands,
  addOperatorCommand,
  createRunAtService,
  OPERATOR_HINT,
  OPERATOR_NOTE,
  type OperatorOptions,
  type RunAtService,
} from './dead-letter-commands.ts';
import { addEventReports } from './diagnostic-commands.ts';
import { EVENT_DEAD_LETTERS, type TailOptions, tailEvents } from './events.ts';
import { documented, type SetExitCode, wholeNumber } from './help.ts';
import { resyncEvents, verifyEvents } from './verify-events.ts';

const DEAD_LETTER_NOTE =
  'An event becomes a dead letter when the broker rejects it ten times, for example because it is too ' +
  'large. Later events of the same user wait for it: the column BEHIND counts them. Events of other ' +
  'users do not wait. After a drop the waiting events are published, and consumers see a gap in the ' +
  'user’s versions.';

/** Adds `events tail | verify | resync | status | recent | of-request` and `events dead-letters list | requeue | drop`. */
export function addEventCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const run = createRunAtService(deps, setExit);
  const group = documented(
    program.command('events').description('follow events, and handle those that were rejected'),
    {
      notes: [OPERATOR_NOTE],
      examples: [
        ['user-service events tail', 'every event from now on'],
        ['user-service events dead-letters list', 'events that the broker rejected'],
      ],
      exit: ['done', 'failed'],
    },
  );
  addTail(group, run);
  addVerify(group, deps, run);
  addResync(group, deps, run);
  addEventReports(group, run);
  addDeadLetterCommands(
    group,
    EVENT_DEAD_LETTERS,
    {
      parent: 'events',
      description: 'list, requeue or drop events that the broker rejected',
      note: DEAD_LETTER_NOTE,
      dropped: 'the event is never published',
    },
    run,
  );
}

function addTail(group: Command, run: RunAtService): void {
  documented(
    addOperatorCommand(group, 'tail')
      .description('print events as they are committed, until Ctrl-C')
      .option('--from-start', 'start with the oldest event that is kept (outbox.retention)')
      .option(
        '--after <position>',
        'start after this position, as --json shows it',
        wholeNumber(0, Number.MAX_SAFE_INTEGER),
      )
      .action((options: OperatorOptions & TailOptions) =>
        run(options, (deps) => tailEvents(options, deps)),
      ),
    {
      notes: [
        'A line has the time, the type, the user with the version, and the data: the names of changed ' +
          'fields, and values of those in events.include. Events are printed before they are published. If the service ' +
          'restarts, the command waits for up to two minutes.',
        OPERATOR_HINT,
      ],
      examples: [
        ['user-service events tail', 'every event from now on'],
        ['user-service events tail --json --after 1200', 'one JSON object a line, from a position'],
      ],
      exit: ['stopped by Ctrl-C, or the reader closed the output', 'the service is unreachable'],
    },
  );
}

function addVerify(group: Command, { monotonicMs }: CliDeps, run: RunAtService): void {
  documented(
    addOperatorCommand(group, 'verify')
      .description('compare the stream with the database: what is missing, twice or out of order')
      .action((options: OperatorOptions) =>
        run(options, (deps) => verifyEvents(options, { ...deps, monotonicMs })),
      ),
    {
      notes: [
        'It reads every message up to the end that the stream has at the start, and changes nothing. ' +
          'Messages whose rows were deleted (outbox.retention) are compared with each other only. ' +
          'Run it after a restore or a failover.',
        OPERATOR_HINT,
      ],
      examples: [
        ['user-service events verify', 'one line for each finding, and a summary'],
        ['user-service events verify --json', 'one JSON object a line; the last has the summary'],
      ],
      exit: ['nothing is wrong', 'there are findings, there is no stream, or it is unreachable'],
    },
  );
}

function addResync(group: Command, { monotonicMs }: CliDeps, run: RunAtService): void {
  documented(
    addOperatorCommand(group, 'resync')
      .description('after a restore: make every consumer’s copy equal to the database again')
      .option('--confirm', 'do it: every user gets a new version and an event')
      .action((options: OperatorOptions & { confirm?: boolean }) =>
        run(options, (deps) => resyncEvents(options, { ...deps, monotonicMs })),
      ),
    {
      notes: [
        'Consumers ignore versions that are not above those they know, and a restored database gives ' +
          'these a second time. The command raises the version of every user by about a million, with ' +
          'the event user.restored, deletes users that only the stream knows, and withdraws all ' +
          'positions of the feed. Run it again if it was interrupted.',
        OPERATOR_HINT,
      ],
      examples: [
        ['user-service events resync --confirm', 'after the service runs on the restored database'],
      ],
      exit: ['done', 'not confirmed, or the service or NATS is unreachable'],
    },
  );
}
