import type { DomainEvent, RecordedEvent } from '../../../domain/events.ts';
import { withIncludedValues } from '../../../domain/outbox/included-values.ts';
import type { Clock, IdGenerator } from '../../../domain/ports.ts';
import type { Outbox } from '../../../domain/unit-of-work.ts';
import type { ProfileField } from '../../../domain/user/profile-fields.ts';
import type { SqlConnection } from '../sql.ts';
import { insertEvents } from './generated/outbox.queries.ts';

export interface EventStamp {
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly requestId: string;
  /** Fields whose values the events carry; none by default. */
  readonly includedFields?: readonly ProfileField[];
}

/** An outbox that keeps the appended events, for the work after the commit. */
export interface RecordingOutbox extends Outbox {
  readonly recorded: readonly RecordedEvent[];
  /**
   * Appends events by a statement of the caller, which inserts them from JSON.
   * @param insert returns how many events it has inserted
   * @throws Error when that is not all of them
   */
  appendBy(
    events: readonly DomainEvent[],
    insert: (json: string) => Promise<number>,
  ): Promise<void>;
}

/** The outbox of one transaction. An event gets its id and time when it is appended. */
export function createPostgresOutbox(
  connection: SqlConnection,
  stamp: EventStamp,
): RecordingOutbox {
  const recorded: RecordedEvent[] = [];

  async function appendBy(
    events: readonly DomainEvent[],
    insert: (json: string) => Promise<number>,
  ): Promise<void> {
    const time = stamp.clock.now();
    const stamped = events.map((event) => ({
      id: stamp.ids.next(),
      event: withIncludedValues(event, stamp.includedFields ?? []),
      time,
      requestId: stamp.requestId,
    }));
    const inserted = await insert(JSON.stringify(stamped.map(toRow)));
    if (inserted !== events.length) {
      throw new Error(`${inserted} of ${events.length} events were inserted`);
    }
    // Not `push(...stamped)`: a user may have more sessions than a call may have arguments.
    for (const event of stamped) recorded.push(event);
  }

  return {
    recorded,
    appendBy,
    async append(events) {
      if (events.length === 0) return;
      await appendBy(events, (json) => insertEvents.runForCount({ events: json }, connection));
    },
  };
}

function toRow({ id, event, time, requestId }: RecordedEvent): Record<string, unknown> {
  const { type, userId, userVersion, data }: DomainEvent = event;
  return {
    id,
    user_id: userId,
    user_version: userVersion,
    type,
    data,
    request_id: requestId,
    occurred_at: time,
  };
}
