import type { DomainEvent, RecordedEvent } from '../../domain/events.ts';
import { cloudEventAttributes } from '../../domain/outbox/cloud-event.ts';

export const EVENT_SUBJECTS = 'users.events.>';

/** Takes the place of the user's id in events without a user. */
export const UNKNOWN_USER = 'unknown';

/** `users.events.<entity>.<event>.<user id>`. */
export function subjectOf({ type, userId }: Pick<DomainEvent, 'type' | 'userId'>): string {
  return `users.events.${type}.${userId ?? UNKNOWN_USER}`;
}

/** Name and value; the value is printable ASCII. */
export type Header = readonly [name: string, value: string];

/**
 * The event's attributes as headers, in the binary mode of the CloudEvents 1.0 NATS binding: each name has the prefix
 * `ce-`, and values are percent-encoded outside printable ASCII.
 */
export function toHeaders(event: RecordedEvent): Header[] {
  return Object.entries(cloudEventAttributes(event)).map(([name, value]) => [
    `ce-${name}`,
    encode(String(value)),
  ]);
}

/** Binding §3.1.3.1: space, quote, percent and everything outside printable ASCII. */
function encode(value: string): string {
  return value.replace(/[^!#$&-~]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}
