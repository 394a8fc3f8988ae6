import { EVENT_TYPES, type EventData, type EventTypeWithoutUser } from '../generated/events.ts';

/** Names of the events that this version knows, such as `user.created`. */
export type EventType = keyof EventData;

/** What every event has. */
interface Attributes<Type extends string, Data> {
  /** UUID. The same in every delivery of the event. */
  readonly id: string;
  readonly type: Type;
  /** When it happened, RFC 3339 in UTC. */
  readonly time: string;
  /** Number in the order of commits, without gaps; null for events that the service published before it had numbers. */
  readonly sequence: number | null;
  readonly data: Data;
}

interface WithUser {
  /** UUID of the user. */
  readonly userId: string;
  /** Version of the user: the new one for `user.*` events, the one that was seen for others. */
  readonly userVersion: number;
}

interface WithoutUser {
  readonly userId: null;
  readonly userVersion: null;
}

/** One type of event. */
export type EventOf<Type extends EventType> = Attributes<Type, EventData[Type]> &
  (Type extends EventTypeWithoutUser ? WithUser | WithoutUser : WithUser);

/** An event of a newer service. */
export type UnknownEvent = Attributes<'unknown', unknown> & {
  /** Its type as CloudEvents has it, such as `user-service.user.erased.v1`. */
  readonly cloudEventType: string;
} & (WithUser | WithoutUser);

/** An event of the service, a union by `type`. Events of newer services have the type `unknown`. */
export type UserEvent = { [Type in EventType]: EventOf<Type> }[EventType] | UnknownEvent;

const SOURCE = 'urn:user-service:events';
const TYPE = /^user-service\.([a-z_]+\.[a-z_]+)\.v(\d{1,4})$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const DIGITS = /^(?:0|[1-9][0-9]{0,15})$/;
/** Only here an event without a user is one of the service. */
const WITHOUT_USER: readonly string[] = [
  'authentication.failed',
] satisfies readonly EventTypeWithoutUser[];
const KNOWN: ReadonlySet<string> = new Set(EVENT_TYPES);

/** Attributes of a CloudEvent as they came, by name. */
export type CloudEventAttributes = Readonly<Record<string, unknown>>;

/**
 * Reads a CloudEvent in JSON, as the feed and webhooks have it.
 * @returns null for what is not an event of the service
 */
export function readCloudEvent(value: unknown): UserEvent | null {
  return isRecord(value) ? readAttributes(value, value.data) : null;
}

/**
 * Reads a message of the JetStream stream: attributes are headers with the prefix `ce-`, the body is the data.
 * @param header - returns a header, or an empty text without it
 * @returns null for what is not an event of the service
 */
export function readEventMessage(header: (name: string) => string, body: string): UserEvent | null {
  const attributes: Record<string, string> = {};
  for (const name of ['specversion', 'id', 'source', 'type', 'time', 'subject', 'sequence']) {
    const value = header(`ce-${name}`);
    if (value !== '') attributes[name] = decode(value);
  }
  const version = header('ce-userversion');
  const userversion = version === '' ? {} : { userversion: toNumber(version) };
  try {
    return readAttributes({ ...attributes, ...userversion }, JSON.parse(body));
  } catch {
    return null;
  }
}

function readAttributes(attributes: CloudEventAttributes, data: unknown): UserEvent | null {
  const { specversion, id, source, type, time, subject, userversion, sequence } = attributes;
  if (specversion !== '1.0' || source !== SOURCE || !isRecord(data)) return null;
  if (typeof id !== 'string' || !UUID.test(id) || typeof type !== 'string') return null;
  if (typeof time !== 'string' || Number.isNaN(Date.parse(time))) return null;
  const [, name, generation] = TYPE.exec(type) ?? [];
  const number = sequence === undefined ? null : toNumber(sequence);
  if (name === undefined || Number.isNaN(number)) return null;
  const isKnown = KNOWN.has(name) && generation === '1';
  const user = readUser(subject, userversion);
  if (user === null) return null;
  if (user.userId === null && isKnown && !WITHOUT_USER.includes(name)) return null;
  const common = { id, time, sequence: number, ...user, data };
  // The schemas of docs/events describe the data of each type.
  if (isKnown) return { ...common, type: name } as UserEvent;
  return { ...common, type: 'unknown', cloudEventType: type };
}

function readUser(subject: unknown, version: unknown): WithUser | WithoutUser | null {
  if (subject === undefined && version === undefined) return { userId: null, userVersion: null };
  if (typeof subject !== 'string' || !UUID.test(subject)) return null;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) return null;
  return { userId: subject, userVersion: version };
}

/** The name of the event with its group, such as `user.created`, also when this version does not know it. */
export function nameOf(event: UserEvent): string {
  if (event.type !== 'unknown') return event.type;
  return TYPE.exec(event.cloudEventType)?.[1] ?? event.cloudEventType;
}

/** Where the feed goes on after this event (decision 52); null for an event without a number. */
export function positionOf({ sequence, id }: UserEvent): string | null {
  return sequence === null ? null : `${sequence}-${id.slice(-8)}`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toNumber(value: unknown): number {
  return typeof value === 'string' && DIGITS.test(value) ? Number(value) : Number.NaN;
}

/** Header values are percent-encoded outside printable ASCII. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
