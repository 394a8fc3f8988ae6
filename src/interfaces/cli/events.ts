import { setTimeout as delay } from 'node:timers/promises';
import { createOutboxTail } from '../../application/outbox/tail-outbox.ts';
import type { LoggedEvent } from '../../domain/outbox/outbox-queue.ts';
import { ask, type OperatorDeps, recordsOf, type SetAside } from './dead-letters.ts';
import { CommandFailure, EXIT, UsageError } from './io.ts';
import { ServiceUnreachable } from './operator-client.ts';
import { isRecord } from './problem.ts';
import { PATIENT, type RetryPolicy } from './retry.ts';
import { printable } from './text.ts';

const PATH = '/v1/events';
const TAIL_INTERVAL_MS = 500;
/** A minute at least: a restart of the service, or a database that fails over. */
const TAIL_POLICY: RetryPolicy = {
  ...PATIENT,
  unreachableTries: 14,
  busyTries: 14,
  maxDelayMs: 10_000,
};

/** Events that the broker refused too often. */
export const PARKED_EVENTS: SetAside = {
  path: `${PATH}/parked`,
  field: 'events',
  noun: 'parked event',
  columns: {
    ID: 'id',
    TYPE: 'type',
    USER: 'user_id',
    PARKED: 'parked_at',
    ATTEMPTS: 'attempts',
    BEHIND: 'waiting_behind',
    ERROR: 'last_error',
  },
};

/** Where to begin; without either, at what comes next. */
export interface TailOptions {
  readonly json?: boolean;
  readonly fromStart?: boolean;
  readonly after?: number;
}

/**
 * Prints events as they are committed, published or not, until the signal or until nobody reads any more. Rides out a
 * restart of the service.
 * @throws CommandFailure with the position to go on after
 */
export async function tailEvents(options: TailOptions, deps: OperatorDeps): Promise<number> {
  const { io, signal, monotonicMs } = deps;
  if (options.fromStart === true && options.after !== undefined) {
    throw new UsageError('Say --from-start or --after, not both.');
  }
  try {
    const afterPosition = await beginning(options, deps);
    const patient = { ...deps, policy: deps.policy ?? TAIL_POLICY };
    const log = { list: (after: number) => list(after, patient) };
    const follower = createOutboxTail({ log, monotonicMs, afterPosition });
    while (!signal.aborted && !io.stdoutClosed()) {
      const events = await follower.next().catch((error) => {
        throw withPosition(error, follower.checkpoint());
      });
      for (const event of events) io.stdout(options.json === true ? toJson(event) : toLine(event));
      if (events.length > 0) continue;
      await delay(TAIL_INTERVAL_MS, undefined, { signal }).catch(() => {});
    }
  } catch (error) {
    // The signal ends a request under way, too.
    if (!signal.aborted) throw error;
  }
  return EXIT.done;
}

function withPosition(error: unknown, position: number): unknown {
  const isKnown = error instanceof CommandFailure || error instanceof ServiceUnreachable;
  if (!isKnown) return error;
  return new CommandFailure(`${error.message} Go on with --after ${position}.`, { cause: error });
}

async function beginning({ fromStart, after }: TailOptions, deps: OperatorDeps): Promise<number> {
  // Asked in any case: a service that is not there is said at once.
  const last = await findLastPosition(deps);
  return fromStart === true ? 0 : (after ?? last);
}

async function findLastPosition(deps: OperatorDeps): Promise<number> {
  const answer = await ask({ method: 'GET', path: PATH }, deps);
  return isRecord(answer) ? Number(answer.last_position) : 0;
}

async function list(after: number, deps: OperatorDeps): Promise<readonly LoggedEvent[]> {
  const answer = await ask({ method: 'GET', path: `${PATH}?after=${after}` }, deps);
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
