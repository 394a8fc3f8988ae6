import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { DomainEvent, RecordedEvent } from '../../domain/events.ts';

export const EVENT_SUBJECTS = 'users.events.>';

/** Takes the place of the user's id in events without a user. */
export const UNKNOWN_USER = 'unknown';
const SOURCE = 'urn:user-service:events';

/** `users.events.<entity>.<event>.<user id>`. */
export function subjectOf({ type, userId }: Pick<DomainEvent, 'type' | 'userId'>): string {
  return `users.events.${type}.${userId ?? UNKNOWN_USER}`;
}

/**
 * The event's attributes as headers, in the binary mode of the CloudEvents 1.0 NATS binding: each name has the prefix
 * `ce-`, and values are percent-encoded outside printable ASCII. The source and the id identify the event permanently.
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
    // Not `set`, which searches for an earlier value.
    if (value !== null) result.append(`ce-${name}`, encode(String(value)));
  }
  return result;
}

/** The `$id` of the JSON Schema of a type's data. */
function schemaIdOf(type: DomainEvent['type']): string {
  return `urn:user-service:schema:${type}.v1`;
}

/** Binding §3.1.3.1: space, quote, percent and everything outside printable ASCII. */
function encode(value: string): string {
  return value.replace(/[^!#$&-~]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}
