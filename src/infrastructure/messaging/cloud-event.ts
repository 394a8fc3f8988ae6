import type { DomainEvent, RecordedEvent } from '../../domain/events.ts';

export const EVENT_SUBJECTS = 'users.events.>';

/** Takes the place of the user's id in events without a user. */
export const UNKNOWN_USER = 'unknown';
const SOURCE = 'urn:user-service:events';

/** `users.events.<entity>.<event>.<user id>`. */
export function subjectOf({ type, userId }: Pick<DomainEvent, 'type' | 'userId'>): string {
  return `users.events.${type}.${userId ?? UNKNOWN_USER}`;
}

/** Name and value; the value is printable ASCII. */
export type Header = readonly [name: string, value: string];

/**
 * The event's attributes as headers, in the binary mode of the CloudEvents 1.0 NATS binding: each name has the prefix
 * `ce-`, and values are percent-encoded outside printable ASCII. The source and the id identify the event permanently.
 */
export function toHeaders({ id, event, time }: RecordedEvent): Header[] {
  const type = encode(event.type);
  const { userId, userVersion } = event;
  const result: Header[] = [
    ['ce-specversion', '1.0'],
    ['ce-id', encode(id)],
    ['ce-source', SOURCE],
    ['ce-type', `user-service.${type}.v1`],
    ['ce-time', time.toISOString()],
  ];
  if (userId !== null) result.push(['ce-subject', encode(userId)]);
  result.push(['ce-datacontenttype', 'application/json']);
  // The `$id` of the JSON Schema of the type's data.
  result.push(['ce-dataschema', `urn:user-service:schema:${type}.v1`]);
  if (userVersion !== null) result.push(['ce-userversion', String(userVersion)]);
  return result;
}

/** Binding §3.1.3.1: space, quote, percent and everything outside printable ASCII. */
function encode(value: string): string {
  return value.replace(/[^!#$&-~]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}
