import { setTimeout as delay } from 'node:timers/promises';
import type { LoggedEvent } from '../../domain/outbox/outbox-queue.ts';
import { type DeadLetterKind, type OperatorDeps, readRecords } from './dead-letters.ts';
import { CommandFailure, EXIT, UsageError } from './io.ts';
import { ServiceUnreachable } from './operator-client.ts';
import { isRecord } from './problem.ts';
import { PATIENT, perform, type RetryPolicy } from './retry.ts';
import { printable } from './text.ts';

const TAIL_INTERVAL_MS = 500;
/** Retries for at least a minute: the time of a restart of the service or a failover of the database. */
const TAIL_POLICY: RetryPolicy = {
  ...PATIENT,
  unreachableTries: 14,
  busyTries: 14,
  maxDelayMs: 10_000,
};

export const EVENT_DEAD_LETTERS: DeadLetterKind = {
  operations: 'eventDeadLetters',
  columns: {
    ID: 'id',
    TYPE: 'type',
    USER: 'user_id',
    'DEAD SINCE': 'dead_at',
    ATTEMPTS: 'attempts',
    BEHIND: 'waiting_behind',
    ERROR: 'last_error',
  },
};

/** Where to start; without an option, after the newest event. */
export interface TailOptions {
  readonly json?: boolean;
  readonly fromStart?: boolean;
  readonly after?: number;
}

/**
 * Prints events as they are committed, published or not, until the signal aborts or the reader closes the output.
 * Survives a restart of the service.
 * @throws CommandFailure with the position to continue after
 */
export async function tailEvents(options: TailOptions, deps: OperatorDeps): Promise<number> {
  const { io, signal } = deps;
  if (options.fromStart === true && options.after !== undefined) {
    throw new UsageError('Use --from-start or --after, not both.');
  }
  try {
    const afterPosition = await findStart(options, deps);
    const patient = { ...deps, policy: deps.policy ?? TAIL_POLICY };
    const log = { list: (after: number) => list(after, patient) };
    const tail = await deps.tailOutbox(log, afterPosition);
    while (!signal.aborted && !io.stdoutClosed()) {
      const events = await tail.next().catch((error) => {
        throw withPosition(error, tail.checkpoint());
      });
      for (const event of events) io.stdout(options.json === true ? toJson(event) : toLine(event));
      if (events.length > 0) continue;
      await delay(TAIL_INTERVAL_MS, undefined, { signal }).catch(() => {});
    }
  } catch (error) {
    // The signal aborts a request in progress, too.
    if (!signal.aborted) throw error;
  }
  return EXIT.done;
}

function withPosition(error: unknown, position: number): unknown {
  const isKnown = error instanceof CommandFailure || error instanceof ServiceUnreachable;
  if (!isKnown) return error;
  return new CommandFailure(`${error.message} Continue with --after ${position}.`, {
    cause: error,
  });
}

async function findStart({ fromStart, after }: TailOptions, deps: OperatorDeps): Promise<number> {
  // Always requested, so that an unreachable service is reported at once.
  const last = await findLastPosition(deps);
  return fromStart === true ? 0 : (after ?? last);
}

async function findLastPosition(deps: OperatorDeps): Promise<number> {
  const body: unknown = await perform(({ outbox }, call) => outbox.list({}, call), deps);
  return isRecord(body) ? Number(body.last_position) : 0;
}

async function list(after: number, deps: OperatorDeps): Promise<readonly LoggedEvent[]> {
  const query = { after: String(after) };
  const body = await perform(({ outbox }, call) => outbox.list(query, call), deps);
  return readRecords(body, 'events').map((row) => ({
    id: String(row.id),
    position: Number(row.position),
    // Passed through unchanged: a newer service may write other types.
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
