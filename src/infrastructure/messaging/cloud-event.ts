import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { DomainEvent, RecordedEvent } from '../../domain/events.ts';

/** The subjects that carry events. */
export const EVENT_SUBJECTS = 'users.events.>';

/** Stands where the user's id would be, in events about nobody we know. */
const UNKNOWN_USER = 'unknown';
const SOURCE = 'urn:user-service:events';

/** `users.events.<entity>.<event>.<user id>`. */
export function subjectOf({ type, userId }: Pick<DomainEvent, 'type' | 'userId'>): string {
  return `users.events.${type}.${userId ?? UNKNOWN_USER}`;
}

/**
 * The event's attributes as headers, after the NATS binding of CloudEvents 1.0 in binary mode: `ce-` before each name,
 * values percent-encoded outside printable ASCII. The source and the id name the event for ever.
 */
export function toHeaders({ id, event, time }: RecordedEvent): MsgHdrs {
  const { type, userId, userVersion } = event;
  const result = headers();
  const attributes = {
    specversion: '1.0',
    id,
    source: SOURCE,
    type: `user-service.${type}.v1`,
    time: time.toISOString(),
    subject: userId,
    datacontenttype: 'application/json',
    dataschema: schemaIdOf(type),
    userversion: userVersion,
  };
  for (const [name, value] of Object.entries(attributes)) {
    // Not `set`, which looks for what it would replace.
    if (value !== null) result.append(`ce-${name}`, encode(String(value)));
  }
  return result;
}

/** The `$id` of the JSON Schema of a type's data. */
function schemaIdOf(type: DomainEvent['type']): string {
  return `urn:user-service:schema:${type}.v1`;
}

/** Binding §3.1.3.1: blank, quote, percent and all that is not printable ASCII. */
function encode(value: string): string {
  return value.replace(/[^!#$&-~]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}
