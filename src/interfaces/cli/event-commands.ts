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

const DEAD_LETTER_NOTE =
  'An event becomes a dead letter when the broker rejects it ten times, for example because it is too ' +
  'large. Later events of the same user wait for it: the column BEHIND counts them. Events of other ' +
  'users do not wait. After a drop the waiting events are published, and consumers see a gap in the ' +
  'user’s versions.';

/** Adds `events tail | status | recent | of-request` and `events dead-letters list | requeue | drop`. */
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
