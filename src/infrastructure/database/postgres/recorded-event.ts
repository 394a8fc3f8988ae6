import type { DomainEvent, RecordedEvent } from '../../../domain/events.ts';

/** A row of the outbox. */
export interface EventRow {
  readonly id: string;
  readonly user_id: string | null;
  readonly user_version: number | null;
  readonly type: string;
  readonly data: unknown;
  readonly request_id: string;
  readonly occurred_at: Date;
}

export function toRecordedEvent(row: EventRow): RecordedEvent {
  const { id, type, data } = row;
  // The row was written from a DomainEvent. Event types of a newer build pass through unchanged.
  const event = { type, userId: row.user_id, userVersion: row.user_version, data } as DomainEvent;
  return { id, event, time: row.occurred_at, requestId: row.request_id };
}
