import { setTimeout as delay } from 'node:timers/promises';
import { createOutboxFollower } from '../../application/outbox/follow-outbox.ts';
import type { LoggedEvent } from '../../domain/outbox/outbox-queue.ts';
import { type CliIo, CommandFailure, EXIT } from './io.ts';
import type { OperatorClient, OperatorRequest } from './operator-client.ts';
import { describeProblem, isRecord, problemOf } from './problem.ts';
import { PROMPT, type RetryPolicy, requestWithRetries } from './retry.ts';
import { createTableWriter } from './table.ts';
import { printable } from './text.ts';

/** What the commands of events need; they are for the operator of the local service alone. */
export interface EventsDeps {
  readonly io: CliIo;
  readonly client: OperatorClient;
  readonly signal: AbortSignal;
  readonly monotonicMs: () => number;
  readonly policy?: RetryPolicy | undefined;
}

const PATH = '/v1/events';
const TAIL_INTERVAL_MS = 500;

/** Prints events as they are committed, published or not, until the signal. @throws CommandFailure */
export async function tailEvents(
  options: { readonly json?: boolean; readonly fromStart?: boolean },
  deps: EventsDeps,
): Promise<number> {
  const { io, signal, monotonicMs } = deps;
  const end = options.fromStart === true ? 0 : await findLastPosition(deps);
  const follower = createOutboxFollower({
    log: { list: (after) => list(after, deps) },
    monotonicMs,
    afterPosition: end,
  });
  while (!signal.aborted) {
    const events = await follower.next();
    for (const event of events) io.stdout(options.json === true ? toJson(event) : toLine(event));
    if (events.length > 0) continue;
    await delay(TAIL_INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
  return EXIT.done;
}

/** Lists the events that wait for a decision. @throws CommandFailure */
export async function listParkedEvents(
  options: { readonly json?: boolean },
  deps: EventsDeps,
): Promise<number> {
  const answer = await send({ method: 'GET', path: `${PATH}/parked` }, deps);
  const events = recordsOf(answer, 'events');
  if (options.json === true) {
    for (const event of events) deps.io.stdout(JSON.stringify(event));
  } else if (events.length === 0) {
    deps.io.stderr('no parked events');
  } else {
    createTableWriter(['ID', 'TYPE', 'USER', 'PARKED', 'BEHIND', 'ERROR'], deps.io.stdout).write(
      events.map(({ id, type, user_id, parked_at, waiting_behind, last_error }) =>
        [id, type, user_id ?? '-', parked_at, waiting_behind, last_error ?? '-'].map(String),
      ),
    );
  }
  return EXIT.done;
}

/** Lets one parked event, or all for null, be tried again. @throws CommandFailure */
export async function requeueParkedEvents(id: string | null, deps: EventsDeps): Promise<number> {
  const request = { method: 'POST', path: `${PATH}/parked/requeue`, body: { id } } as const;
  return report('requeued', id !== null, await send(request, deps), deps);
}

/** Gives a parked event up: consumers see a gap in the user's versions. @throws CommandFailure */
export async function dropParkedEvent(id: string, deps: EventsDeps): Promise<number> {
  const path = `${PATH}/parked/${encodeURIComponent(id)}`;
  return report('dropped', true, await send({ method: 'DELETE', path }, deps), deps);
}

function report(verb: string, isOne: boolean, answer: unknown, { io }: EventsDeps): number {
  const count = isRecord(answer) ? Number(answer.count) : 0;
  if (isOne && count === 0) throw new CommandFailure('There is no such parked event.');
  io.stdout(`${verb} ${count}`);
  return EXIT.done;
}

async function findLastPosition(deps: EventsDeps): Promise<number> {
  const answer = await send({ method: 'GET', path: PATH }, deps);
  return isRecord(answer) ? Number(answer.last_position) : 0;
}

async function list(after: number, deps: EventsDeps): Promise<readonly LoggedEvent[]> {
  const answer = await send({ method: 'GET', path: `${PATH}?after=${after}` }, deps);
  return recordsOf(answer, 'events').map((row) => ({
    id: String(row.id),
    position: Number(row.position),
    // As the service wrote it, whatever its version.
    event: {
      type: row.type,
      userId: row.user_id,
      userVersion: row.user_version,
      data: row.data,
    } as LoggedEvent['event'],
    time: new Date(String(row.time)),
    requestId: '',
  }));
}

function toJson({ id, position, event, time }: LoggedEvent): string {
  const { type, userId, userVersion, data } = event;
  return JSON.stringify({
    ...{ id, position, type, time: time.toISOString() },
    ...{ user_id: userId, user_version: userVersion, data },
  });
}

function toLine({ event, time }: LoggedEvent): string {
  const { type, userId, userVersion, data } = event;
  const who = userId === null ? '-' : `${userId} v${userVersion}`;
  return printable(`${time.toISOString()} ${type} ${who} ${JSON.stringify(data)}`);
}

function recordsOf(answer: unknown, name: string): Record<string, unknown>[] {
  const rows = isRecord(answer) ? answer[name] : undefined;
  if (!Array.isArray(rows)) throw new CommandFailure('What answers is not the user service.');
  return rows.filter(isRecord);
}

async function send(request: OperatorRequest, deps: EventsDeps): Promise<unknown> {
  const { client, signal } = deps;
  const response = await requestWithRetries(
    client,
    { ...request, signal },
    { policy: deps.policy ?? PROMPT, signal, repeatUnknown: false },
  );
  if (response.status === 200) return response.body;
  throw new CommandFailure(describeProblem(problemOf(response)));
}
