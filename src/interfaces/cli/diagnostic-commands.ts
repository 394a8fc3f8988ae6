import type { Command } from 'commander';
import type { Report } from '../../domain/diagnostics.ts';
import type { CliDeps } from './cli-deps.ts';
import {
  addOperatorCommand,
  createRunAtService,
  OPERATOR_HINT,
  OPERATOR_NOTE,
  type OperatorOptions,
  type RunAtService,
} from './dead-letter-commands.ts';
import { type OperatorDeps, readRecords } from './dead-letters.ts';
import { documented, type SetExitCode, wholeNumber } from './help.ts';
import { CommandFailure, EXIT } from './io.ts';
import { isRecord } from './problem.ts';
import { type OperationCall, perform } from './retry.ts';
import { createTableWriter, type TableOptions, WIDE_FLAG } from './table.ts';
import { counted } from './text.ts';

const UNREACHABLE = 'the service or the database is unreachable';
const MAX_PID = 2_147_483_647;

/** Adds `database activity | connections | sizes | slots | end-connection`. */
export function addDatabaseCommands(program: Command, deps: CliDeps, setExit: SetExitCode): void {
  const run = createRunAtService(deps, setExit);
  const group = documented(
    program.command('database').description('see what the database does, and end a connection'),
    {
      notes: [OPERATOR_NOTE],
      examples: [['user-service database activity', 'who runs what, and who blocks whom']],
      exit: ['done', 'failed'],
    },
  );
  const reports: readonly (readonly [string, Report, string])[] = [
    ['activity', 'database-activity', 'list the connections, what they run, and what blocks them'],
    ['connections', 'database-connections', 'count the connections of the server'],
    ['sizes', 'database-sizes', 'list the largest tables, and how far autovacuum is'],
    ['slots', 'replication-slots', 'list the replication slots, and what they keep'],
  ];
  for (const [name, report, description] of reports) {
    addReport(group, { parent: 'database', name, report, description }, run);
  }
  documented(
    addOperatorCommand(group, 'end-connection')
      .description('end a connection to the database, with its transaction')
      .argument('<n>', 'its pid, as `database activity` shows it', wholeNumber(1, MAX_PID))
      .action((pid: number, options: OperatorOptions) =>
        run(options, async (operator) => {
          const count = await countOf(
            ({ diagnostics }, call) => diagnostics.endConnection({ pid }, call),
            operator,
          );
          if (count === 0) {
            const message = `There is no connection ${pid} to this database that this role may end.`;
            throw new CommandFailure(message, { code: 'connection_not_found' });
          }
          operator.io.stdout(
            options.json === true ? JSON.stringify({ ended: count }) : `ended connection ${pid}`,
          );
          return EXIT.done;
        }),
      ),
    {
      notes: [OPERATOR_HINT],
      examples: [['user-service database end-connection 4711', 'its transaction is rolled back']],
      exit: ['ended', 'there is no such connection, or it may not be ended'],
    },
  );
}

/** Adds `events status | recent | of-request`. */
export function addEventReports(group: Command, run: RunAtService): void {
  const parent = 'events';
  addReport(
    group,
    {
      parent,
      name: 'status',
      report: 'outbox-state',
      description: 'show what waits, and who publishes',
    },
    run,
  );
  addReport(
    group,
    {
      parent,
      name: 'recent',
      report: 'recent-events',
      description: 'count the events of the last ten minutes by type and reason',
    },
    run,
  );
  documented(
    addOperatorCommand(group, 'of-request')
      .description('list the events of a request, at most 200')
      .argument('<request-id>', 'the request_id of its log line')
      .option(...WIDE_FLAG)
      .action((requestId: string, options: OperatorOptions & TableOptions) =>
        run(options, (deps) =>
          print(
            ({ diagnostics }, call) => diagnostics.eventsOfRequest({ request_id: requestId }, call),
            options,
            deps,
          ),
        ),
      ),
    {
      notes: [OPERATOR_HINT],
      examples: [['user-service events of-request "$REQUEST_ID"', 'in their order']],
      exit: ['listed, also when there are none', UNREACHABLE],
    },
  );
}

/** Adds `mail queue | retry`. */
export function addMailReports(group: Command, run: RunAtService): void {
  addReport(
    group,
    {
      parent: 'mail',
      name: 'queue',
      report: 'waiting-mail',
      description: 'list the oldest 50 mails that wait, with their last errors',
    },
    run,
  );
  documented(
    addOperatorCommand(group, 'retry')
      .description('send waiting mail now instead of at its next attempt')
      .action((options: OperatorOptions) =>
        run(options, async (deps) => {
          const count = await countOf(({ diagnostics }, call) => diagnostics.retryMail(call), deps);
          const text = `${counted(count, 'mail')} due now`;
          deps.io.stdout(options.json === true ? JSON.stringify({ due: count }) : text);
          return EXIT.done;
        }),
      ),
    {
      notes: ['Mail whose next attempt comes within two minutes stays as it is.', OPERATOR_HINT],
      examples: [['user-service mail retry', 'after an outage of the mail server']],
      exit: ['done, also when none waits', UNREACHABLE],
    },
  );
}

interface ReportCommand {
  readonly parent: string;
  readonly name: string;
  readonly report: Report;
  readonly description: string;
}

function addReport(group: Command, command: ReportCommand, run: RunAtService): void {
  const { parent, name, report, description } = command;
  documented(
    addOperatorCommand(group, name)
      .description(description)
      .option(...WIDE_FLAG)
      .action((options: OperatorOptions & TableOptions) =>
        run(options, (deps) =>
          print(({ diagnostics }, call) => diagnostics.report(report, call), options, deps),
        ),
      ),
    {
      notes: [OPERATOR_HINT],
      examples: [
        [`user-service ${parent} ${name}`, 'a table'],
        [`user-service ${parent} ${name} --json`, 'one JSON object a line'],
      ],
      exit: ['listed, also when there is nothing', UNREACHABLE],
    },
  );
}

/** Prints the rows with a heading for each of their columns, or as one JSON object a line. */
async function print(
  operation: OperationCall<unknown>,
  options: OperatorOptions & TableOptions,
  deps: OperatorDeps,
): Promise<number> {
  const rows = readRecords(await perform(operation, deps), 'rows');
  if (options.json === true) {
    for (const row of rows) deps.io.stdout(JSON.stringify(row));
  } else if (rows.length === 0) {
    deps.io.stderr('nothing');
  } else {
    const columns = Object.keys(rows[0] ?? {});
    const headings = columns.map((column) => column.replaceAll('_', ' ').toUpperCase());
    createTableWriter(headings, deps.io, options).write(
      rows.map((row) => columns.map((column) => String(row[column] ?? '-'))),
    );
  }
  return EXIT.done;
}

async function countOf(operation: OperationCall<unknown>, deps: OperatorDeps): Promise<number> {
  const body = await perform(operation, deps);
  const count = isRecord(body) ? body.count : undefined;
  if (typeof count !== 'number') {
    throw new CommandFailure('The response is not from the user service.');
  }
  return count;
}
