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

/** Ends a header; names and values have none. */
const LINE_END = '\r\n';

/** A header as it is sent. */
export function headerLine(name: string, value: string): string {
  return `${name}: ${value}${LINE_END}`;
}

/**
 * The event's attributes as headers, in the binary mode of the CloudEvents 1.0 NATS binding: each name has the prefix
 * `ce-`, and values are percent-encoded outside printable ASCII. One text, since a list of them takes the relay three
 * times as long.
 */
export function toHeaderLines(event: RecordedEvent): string {
  const attributes = cloudEventAttributes(event);
  const { specversion, id, source, type, time, subject } = attributes;
  const { datacontenttype, dataschema, userversion, sequence } = attributes;
  let lines = `ce-specversion: ${specversion}\r\nce-id: ${id}\r\nce-source: ${source}\r\n`;
  lines += `ce-type: ${encode(type)}\r\nce-time: ${time}\r\n`;
  if (subject !== undefined) lines += `ce-subject: ${subject}\r\n`;
  lines += `ce-datacontenttype: ${datacontenttype}\r\nce-dataschema: ${encode(dataschema)}\r\n`;
  if (userversion !== undefined) lines += `ce-userversion: ${userversion}\r\n`;
  if (sequence !== undefined) lines += `ce-sequence: ${sequence}\r\n`;
  return lines;
}

/** What `toHeaderLines` writes, by name. */
export function toHeaders(event: RecordedEvent): Header[] {
  const lines = toHeaderLines(event).split(LINE_END).slice(0, -1);
  return lines.map((line) => {
    const end = line.indexOf(': ');
    return [line.slice(0, end), line.slice(end + 2)];
  });
}

/** The characters that stand for themselves. */
const IS_ENCODED = /^[!#$&-~]*$/;

/** Binding §3.1.3.1: space, quote, percent and everything outside printable ASCII. */
function encode(value: string): string {
  if (IS_ENCODED.test(value)) return value;
  return value.replace(/[^!#$&-~]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}
