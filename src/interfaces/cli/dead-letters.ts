import { type CliIo, CommandFailure, EXIT } from './io.ts';
import type { OperatorClient, OperatorRequest } from './operator-client.ts';
import { describeProblem, isRecord, problemOf } from './problem.ts';
import { PROMPT, type RetryPolicy, requestWithRetries } from './retry.ts';
import { createTableWriter } from './table.ts';
import { counted } from './text.ts';

/** What commands for the operator of the local service need. */
export interface OperatorDeps {
  readonly io: CliIo;
  readonly client: OperatorClient;
  readonly signal: AbortSignal;
  readonly monotonicMs: () => number;
  readonly policy?: RetryPolicy | undefined;
}

/** Work that the service stopped trying, and that waits for an operator. */
export interface SetAside {
  /** Path of its routes. */
  readonly path: string;
  /** The field of the answer that lists it. */
  readonly field: string;
  /** One of it, such as `parked event`. */
  readonly noun: string;
  /** Headings of the table, with the fields they are of. */
  readonly columns: Readonly<Record<string, string>>;
}

interface Shown {
  readonly json?: boolean;
}

/** Lists what waits for a decision. @throws CommandFailure */
export async function listSetAside(
  { path, field, noun, columns }: SetAside,
  { json }: Shown,
  deps: OperatorDeps,
): Promise<number> {
  const rows = recordsOf(await ask({ method: 'GET', path }, deps), field);
  if (json === true) {
    for (const row of rows) deps.io.stdout(JSON.stringify(row));
  } else if (rows.length === 0) {
    deps.io.stderr(`no ${noun}s`);
  } else {
    createTableWriter(Object.keys(columns), deps.io.stdout).write(
      rows.map((row) => Object.values(columns).map((name) => String(row[name] ?? '-'))),
    );
  }
  return EXIT.done;
}

/** Lets one, or all for null, be tried again. @throws CommandFailure */
export async function requeueSetAside(
  kind: SetAside,
  id: string | null,
  shown: Shown,
  deps: OperatorDeps,
): Promise<number> {
  const request = { method: 'POST', path: `${kind.path}/requeue`, body: { id } } as const;
  return report('requeued', { ...shown, kind, id }, await ask(request, deps), deps);
}

/** Gives one up for good. @throws CommandFailure */
export async function dropSetAside(
  kind: SetAside,
  id: string,
  shown: Shown,
  deps: OperatorDeps,
): Promise<number> {
  const request = { method: 'DELETE', path: `${kind.path}/${encodeURIComponent(id)}` } as const;
  return report('dropped', { ...shown, kind, id }, await ask(request, deps), deps);
}

function report(
  verb: 'requeued' | 'dropped',
  { json, kind, id }: Shown & { readonly kind: SetAside; readonly id: string | null },
  answer: unknown,
  { io }: OperatorDeps,
): number {
  const count = isRecord(answer) ? answer.count : undefined;
  if (typeof count !== 'number') throw new CommandFailure(NOT_THE_SERVICE);
  if (id !== null && count === 0) throw new CommandFailure(`There is no ${kind.noun} ${id}.`);
  io.stdout(
    json === true ? JSON.stringify({ [verb]: count }) : `${verb} ${counted(count, kind.noun)}`,
  );
  return EXIT.done;
}

const NOT_THE_SERVICE = 'What answers is not the user service.';

/** The objects that an answer lists. @throws CommandFailure */
export function recordsOf(answer: unknown, field: string): Readonly<Record<string, unknown>>[] {
  const rows = isRecord(answer) ? answer[field] : undefined;
  if (!Array.isArray(rows)) throw new CommandFailure(NOT_THE_SERVICE);
  return rows.filter(isRecord);
}

/** The body of the answer. @throws CommandFailure, ServiceUnreachable */
export async function ask(
  request: OperatorRequest,
  { client, signal, policy = PROMPT }: OperatorDeps,
): Promise<unknown> {
  const response = await requestWithRetries(
    client,
    { ...request, signal },
    { policy, signal, repeatUnknown: false },
  );
  if (response.status === 200) return response.body;
  throw new CommandFailure(describeProblem(problemOf(response)));
}
