import type { RecordedEvent } from '../events.ts';

const SOURCE = 'urn:user-service:events';

/** Attributes of CloudEvents 1.0 by name. */
export interface CloudEventAttributes {
  readonly specversion: '1.0';
  readonly id: string;
  /** With the id it identifies the event permanently. */
  readonly source: string;
  readonly type: string;
  readonly time: string;
  /** The user's id; undefined for an event without a user. */
  readonly subject: string | undefined;
  readonly datacontenttype: 'application/json';
  /** The `$id` of the JSON Schema of the type's data. */
  readonly dataschema: string;
  readonly userversion: number | undefined;
  /** Number in the feed as decimal digits: an Integer of CloudEvents has 32 bits only. */
  readonly sequence: string | undefined;
}

/** The attributes of an event in a fixed order, the same on every transport. Those that are undefined are absent there. */
export function cloudEventAttributes(recorded: RecordedEvent): CloudEventAttributes {
  const { id, event, time, sequence } = recorded;
  const { type, userId, userVersion } = event;
  return {
    specversion: '1.0',
    id,
    source: SOURCE,
    type: `user-service.${type}.v1`,
    time: time.toISOString(),
    subject: userId ?? undefined,
    datacontenttype: 'application/json',
    dataschema: `urn:user-service:schema:${type}.v1`,
    userversion: userVersion ?? undefined,
    sequence: sequence === undefined ? undefined : String(sequence),
  };
}

/** The event in the JSON format of CloudEvents, on one line. */
export function writeCloudEvent(recorded: RecordedEvent): string {
  const attributes = JSON.stringify(cloudEventAttributes(recorded));
  return `${attributes.slice(0, -1)},"data":${JSON.stringify(recorded.event.data)}}`;
}
