import type { DomainEvent, RecordedEvent } from '../../../domain/events.ts';
import type { Clock, IdGenerator } from '../../../domain/ports.ts';
import type { Outbox } from '../../../domain/unit-of-work.ts';
import type { SqlConnection } from '../sql.ts';
import { insertEvents } from './generated/outbox.queries.ts';

/** What stamps the events of one transaction. */
export interface EventStamp {
  readonly ids: IdGenerator;
  readonly clock: Clock;
  readonly requestId: string;
}

/** An outbox that also tells what it took, for those who hear of it after the commit. */
export interface RecordingOutbox extends Outbox {
  readonly recorded: readonly RecordedEvent[];
}

/** The outbox of one transaction. Events get their id and time when they are appended. */
export function createPostgresOutbox(
  connection: SqlConnection,
  stamp: EventStamp,
): RecordingOutbox {
  const recorded: RecordedEvent[] = [];
  return {
    recorded,
    async append(events) {
      if (events.length === 0) return;
      const time = stamp.clock.now();
      const stamped = events.map((event) => ({
        id: stamp.ids.next(),
        event,
        time,
        requestId: stamp.requestId,
      }));
      await insertEvents.run({ events: JSON.stringify(stamped.map(toRow)) }, connection);
      // One by one: a user may have more sessions to end than a call can have arguments.
      for (const event of stamped) recorded.push(event);
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
