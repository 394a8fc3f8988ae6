import type { EventFeed, EventNumbering } from '../../../domain/outbox/event-feed.ts';
import type { SqlConnection } from '../sql.ts';
import {
  findFeedBounds,
  findNumberingBacklog,
  listFeedEvents,
  updateUnnumberedEvents,
} from './generated/event-feed.queries.ts';
import { toRecordedEvent } from './recorded-event.ts';

/** Counting more rows takes too long for a metric. */
const MAX_COUNTED = 100_000;

export function createPostgresEventNumbering(connection: SqlConnection): EventNumbering {
  return {
    async number(limit) {
      const [row] = await updateUnnumberedEvents.run({ limit }, connection);
      return { numbered: row?.numbered ?? 0, newest: row?.newest ?? 0 };
    },
    async findBacklog() {
      const [row] = await findNumberingBacklog.run({ limit: MAX_COUNTED }, connection);
      return { waiting: row?.waiting ?? 0, oldestAgeMs: row?.oldest_age_ms ?? 0 };
    },
  };
}

export function createPostgresEventFeed(connection: SqlConnection): EventFeed {
  return {
    async findBounds() {
      const [row] = await findFeedBounds.run(undefined, connection);
      return {
        first: row?.first_sequence ?? 1,
        last: row?.last_sequence ?? 0,
        lastId: row?.last_event_id ?? null,
      };
    },
    async list({ types, ...window }) {
      const parameters = { ...window, types: types === null ? null : [...types] };
      const rows = await listFeedEvents.run(parameters, connection);
      const [bounds] = rows;
      return {
        first: bounds?.first_sequence ?? 1,
        last: bounds?.last_sequence ?? 0,
        afterId: bounds?.after_id ?? null,
        windowId: bounds?.window_id ?? null,
        events: rows.flatMap((row) => {
          const { id, sequence, type, request_id, occurred_at, user_id, user_version, data } = row;
          // The row without an event carries the bounds only.
          if (id === null || sequence === null) return [];
          if (type === null || request_id === null || occurred_at === null) return [];
          const stored = { id, user_id, user_version, type, data, request_id, occurred_at };
          const { event, time, requestId } = toRecordedEvent(stored);
          return [{ id, event, time, requestId, sequence }];
        }),
      };
    },
  };
}
