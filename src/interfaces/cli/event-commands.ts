import type { Command } from 'commander';
import type { CliDeps } from './cli-deps.ts';
import {
  addOperatorCommand,
  addSetAsideCommands,
  createRunAtService,
  OPERATOR_NOTE,
  type OperatorOptions,
  type RunAtService,
} from './dead-letter-commands.ts';
import { PARKED_EVENTS, type TailOptions, tailEvents } from './events.ts';
import { documented, type SetExitCode, wholeNumber } from './help.ts';

const PARKED_NOTE =
  'The broker refused a parked event too often, for example because it is too large. Later events of\n' +
  'the same user (the column BEHIND) wait for it; those of other users do not.';

/** Adds `events tail` and `events parked list | requeue | drop`. */
export function addEventCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const run = createRunAtService(deps, setExit);
  const group = documented(
    program.command('events').description('follow events, and decide on parked ones'),
    {
      notes: [OPERATOR_NOTE],
      examples: [
        ['user-service events tail', 'every event from now on'],
        ['user-service events parked list', 'what the broker refused, and how much waits for it'],
      ],
      exit: ['done', 'failed'],
    },
  );
  addTail(group, run);
  const parked = documented(
    group.command('parked').description('decide on events that the broker refused too often'),
    {
      notes: [PARKED_NOTE, OPERATOR_NOTE],
      examples: [['user-service events parked list', 'each with its error']],
      exit: ['done', 'failed'],
    },
  );
  const texts = {
    commands: 'events parked',
    notes: [PARKED_NOTE],
    dropped: 'its user’s later events go on, and consumers see a gap in the versions',
  };
  addSetAsideCommands(parked, PARKED_EVENTS, texts, run);
}

function addTail(group: Command, run: RunAtService): void {
  documented(
    addOperatorCommand(group, 'tail')
      .description('print events as they are committed, published or not, until Ctrl-C')
      .option('--from-start', 'begin with the oldest event that is kept (outbox.retention)')
      .option(
        '--after <position>',
        'begin after this position, as --json shows it',
        wholeNumber(0, Number.MAX_SAFE_INTEGER),
      )
      .action((options: OperatorOptions & TailOptions) =>
        run(options, (own) => tailEvents(options, own)),
      ),
    {
      notes: [
        'A line has the time, the type, the user with the version, and the data: names of what changed,\n' +
          'never values. A restart of the service is waited for, up to a minute or two.',
        OPERATOR_NOTE,
      ],
      examples: [
        ['user-service events tail', 'every event from now on'],
        ['user-service events tail --json --after 1200', 'one JSON object a line, as from there'],
      ],
      exit: ['stopped by Ctrl-C, or nobody reads any more', 'the service cannot be asked'],
    },
  );
}
