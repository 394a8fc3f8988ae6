import type { CliDeps } from './cli-deps.ts';
import { type CliIo, CommandFailure, EXIT } from './io.ts';
import { isRecord } from './problem.ts';
import { perform, type RequestDeps } from './retry.ts';
import { createTableWriter, type TableOptions } from './table.ts';
import { counted } from './text.ts';

/** The dependencies of commands for the operator. */
export interface OperatorDeps extends RequestDeps {
  readonly io: CliIo;
  readonly tailOutbox: CliDeps['tailOutbox'];
}

/** Dead letters of one kind, as their operations and the table show them. */
export interface DeadLetterKind {
  readonly operations: 'eventDeadLetters' | 'mailDeadLetters' | 'webhookDeadLetters';
  /** Table headings, each with the JSON field below it. */
  readonly columns: Readonly<Record<string, string>>;
}

interface OutputOptions {
  readonly json?: boolean;
}

const NOUN = 'dead letter';

/** Prints a table, or one JSON object a line. @throws CommandFailure */
export async function listDeadLetters(
  { operations, columns }: DeadLetterKind,
  options: OutputOptions & TableOptions,
  deps: OperatorDeps,
): Promise<number> {
  const { json } = options;
  const body = await perform<unknown>((calls, call) => calls[operations].list(call), deps);
  const rows = readRecords(body, 'dead_letters');
  if (json === true) {
    for (const row of rows) deps.io.stdout(JSON.stringify(row));
  } else if (rows.length === 0) {
    deps.io.stderr(`no ${NOUN}s`);
  } else {
    createTableWriter(Object.keys(columns), deps.io, options).write(
      rows.map((row) => Object.values(columns).map((name) => String(row[name] ?? '-'))),
    );
  }
  return EXIT.done;
}

/** Requeues one dead letter, or all for null. @throws CommandFailure */
export async function requeueDeadLetters(
  { operations }: DeadLetterKind,
  id: string | null,
  options: OutputOptions,
  deps: OperatorDeps,
): Promise<number> {
  const body = await perform((calls, call) => calls[operations].requeue({ id }, call), deps);
  return report('requeued', { ...options, id }, body, deps);
}

/** @throws CommandFailure */
export async function dropDeadLetter(
  { operations }: DeadLetterKind,
  id: string,
  options: OutputOptions,
  deps: OperatorDeps,
): Promise<number> {
  const body = await perform((calls, call) => calls[operations].drop(id, call), deps);
  return report('dropped', { ...options, id }, body, deps);
}

function report(
  verb: 'requeued' | 'dropped',
  { json, id }: OutputOptions & { readonly id: string | null },
  body: unknown,
  { io }: OperatorDeps,
): number {
  const count = isRecord(body) ? body.count : undefined;
  if (typeof count !== 'number') throw new CommandFailure(NOT_THE_SERVICE);
  if (id !== null && count === 0) {
    throw new CommandFailure(`There is no ${NOUN} ${id}.`, { code: 'dead_letter_not_found' });
  }
  io.stdout(json === true ? JSON.stringify({ [verb]: count }) : `${verb} ${counted(count, NOUN)}`);
  return EXIT.done;
}

const NOT_THE_SERVICE = 'The response is not from the user service.';

/** The objects in an array field of a response. @throws CommandFailure when the field is missing */
export function readRecords(body: unknown, field: string): Readonly<Record<string, unknown>>[] {
  const rows = isRecord(body) ? body[field] : undefined;
  if (!Array.isArray(rows)) throw new CommandFailure(NOT_THE_SERVICE);
  return rows.filter(isRecord);
}
