import { type Command, Option } from 'commander';
import { type CliDeps, withOperator } from './cli-deps.ts';
import {
  dropParkedEvent,
  type EventsDeps,
  listParkedEvents,
  requeueParkedEvents,
  tailEvents,
} from './events.ts';
import { documented, JSON_FLAG, type SetExitCode } from './help.ts';
import { UsageError } from './io.ts';

const EXAMPLE_ID = '0198c5a2-7d3e-7b1c-9f00-3a5d8e2b4c61';
const NOTES = [
  'This is for the operator at the machine of the service; it does not go over --url.',
];

interface Options {
  readonly json?: boolean;
  readonly fromStart?: boolean;
  readonly all?: boolean;
  readonly url?: unknown;
}

/** Adds `events tail` and `events parked list | requeue | drop`. */
export function addEventCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const group = program.command('events').description('follow events, and decide on parked ones');
  documented(group, {
    notes: NOTES,
    examples: [['user-service events tail', 'every event from now on']],
    exit: ['done', 'failed'],
  });
  const parked = group.command('parked').description('events that the stream refused');
  documented(parked, {
    notes: NOTES,
    examples: [
      ['user-service events parked list', 'each with its error, and how many wait for it'],
    ],
    exit: ['done', 'failed'],
  });
  const run = async (options: Options, use: (own: EventsDeps) => Promise<number>) => {
    if (options.url !== undefined) throw new UsageError('Run this at the service, without --url.');
    const policy = deps.tuning?.policy;
    setExit(await withOperator(deps, {}, (client) => use({ ...deps, client, policy })));
  };

  documented(
    subcommand(group, 'tail')
      .description('print events as they are committed, published or not')
      .option('--from-start', 'begin with the oldest event that is kept')
      .action((options: Options) => run(options, (own) => tailEvents(options, own))),
    {
      notes: NOTES,
      examples: [['user-service events tail --json', 'one JSON object a line']],
      exit: ['stopped by Ctrl-C', 'the service cannot be asked'],
    },
  );
  documented(
    subcommand(parked, 'list')
      .description('list parked events, the oldest first')
      .action((options: Options) => run(options, (own) => listParkedEvents(options, own))),
    {
      notes: NOTES,
      examples: [['user-service events parked list', 'a table']],
      exit: ['listed', 'the service cannot be asked'],
    },
  );
  documented(
    subcommand(parked, 'requeue')
      .description('try a parked event again')
      .argument('[id]', 'id of the event, as `list` shows it')
      .option('--all', 'all of them')
      .action((id: string | undefined, options: Options) => {
        if ((id === undefined) !== (options.all === true)) {
          throw new UsageError('Name one event, or say --all.');
        }
        return run(options, (own) => requeueParkedEvents(id ?? null, own));
      }),
    {
      notes: NOTES,
      examples: [[`user-service events parked requeue ${EXAMPLE_ID}`, 'this one, at once']],
      exit: ['requeued', 'there is no such parked event'],
    },
  );
  documented(
    subcommand(parked, 'drop')
      .description('give a parked event up: consumers see a gap in the versions of its user')
      .argument('<id>', 'id of the event, as `list` shows it')
      .action((id: string, options: Options) => run(options, (own) => dropParkedEvent(id, own))),
    {
      notes: NOTES,
      examples: [[`user-service events parked drop ${EXAMPLE_ID}`, 'its user’s later events pass']],
      exit: ['dropped', 'there is no such parked event'],
    },
  );
}

function subcommand(group: Command, name: string): Command {
  return group
    .command(name)
    .option(...JSON_FLAG)
    .addOption(new Option('--url [url]').hideHelp());
}
