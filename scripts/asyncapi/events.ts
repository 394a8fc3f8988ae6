import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDuration } from '../../src/config/duration.ts';
import { natsKeys } from '../../src/config/keys-dependencies.ts';
import type { DomainEvent } from '../../src/domain/events.ts';
import {
  EVENT_SUBJECTS,
  subjectOf,
  toHeaders,
  UNKNOWN_USER,
} from '../../src/infrastructure/messaging/cloud-event.ts';
import { toStreamConfig } from '../../src/infrastructure/messaging/stream-config.ts';
import { headersSchema } from './headers.ts';
import { camelCase, type Json, pascalCase, reference, text } from './json.ts';

/** A file of `docs/events`: the JSON Schema of one type of event. */
export interface EventSchema extends Json {
  readonly $id: string;
  readonly description: string;
  /** At least one. */
  readonly examples: readonly object[];
}

const EVENTS_DIRECTORY = join(import.meta.dirname, '..', '..', 'docs', 'events');
const EVENT_SCHEMA_ID = /^urn:user-service:schema:(([a-z_]+\.[a-z_]+)\.v\d+)$/;
const EVENT_ID = '0198c0de-2a3b-7c4d-8e5f-6a7b8c9d0e1f';
const USER_ID = '0198c0de-3a5b-7c6d-8e9f-0a1b2c3d4e5f';
const UUID = '^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$';

/** The default of each setting of the stream. */
export const streamDefaults = {
  name: natsKeys['nats.stream'].fallback ?? '',
  replicas: natsKeys['nats.replicas'].fallback ?? 0,
  maxAgeMs: natsKeys['nats.max_age'].fallback ?? 0,
  duplicateWindowMs: natsKeys['nats.duplicate_window'].fallback ?? 0,
};

export function readEventSchemas(): readonly EventSchema[] {
  if (!existsSync(EVENTS_DIRECTORY)) return [];
  return readdirSync(EVENTS_DIRECTORY)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(EVENTS_DIRECTORY, name), 'utf8')) as EventSchema)
    .filter(({ $id }) => EVENT_SCHEMA_ID.test($id));
}

/** The stream with its default settings, in the words of the JetStream API; durations as the configuration has them. */
export function streamDescription(): Json {
  const { description: _, ...config } = toStreamConfig(streamDefaults);
  return {
    ...config,
    max_age: formatDuration(streamDefaults.maxAgeMs),
    duplicate_window: formatDuration(streamDefaults.duplicateWindowMs),
  };
}

/** How a consumer reads the events, in Markdown. */
export function describeStream(): string {
  const { name, maxAgeMs, duplicateWindowMs } = streamDefaults;
  const { retention, storage } = toStreamConfig(streamDefaults);
  const maxAge = formatDuration(maxAgeMs);
  const window = formatDuration(duplicateWindowMs);
  return [
    'Each event is a CloudEvent 1.0 in binary mode: attributes are headers, the data is the payload.',
    `The JetStream stream \`${name}\` (\`nats.stream\`) has the subjects \`${EVENT_SUBJECTS}\`, retention \`${retention}\` and storage \`${storage}\`. It keeps an event for \`${maxAge}\` (\`nats.max_age\`), read or not.`,
    `Give each reader a durable consumer of its own, with \`deliver_policy: all\`, \`ack_policy: explicit\`, and one filter subject: \`users.events.user.>\` for accounts, \`users.events.session.>\` for sessions, \`users.events.*.*.<user id>\` for one user, or that of a channel. Acknowledge an event once it is handled. \`max_ack_pending: 1\` keeps the order when an event is delivered again.`,
    `The server drops a repeated \`Nats-Msg-Id\` for \`${window}\` (\`nats.duplicate_window\`). Delivery is at least once all the same. Remember the \`ce-id\` of handled events, or ignore an event whose \`ce-userversion\` is not newer than your copy.`,
    `A consumer that was away for longer than \`${maxAge}\` has missed events: it reads all users again. Drop messages without \`ce-id\`, and ignore types and fields that you do not know.`,
  ].join('\n\n');
}

export function eventChannel(schema: EventSchema): Json {
  const type = typeOf(schema);
  const filter = subjectOf({ type, userId: '*' });
  return {
    [type]: {
      address: subjectOf({ type, userId: '{user_id}' }),
      title: titleOf(type),
      description: `Filter subject of a consumer: \`${filter}\`.`,
      parameters: { user_id: reference('components/parameters/user_id') },
      messages: { message: eventMessage(schema) },
    },
  };
}

export function eventOperation(schema: EventSchema): Json {
  const type = typeOf(schema);
  return {
    [camelCase(`publish.${type}`)]: {
      action: 'send',
      title: titleOf(type),
      summary: `Publish \`${type}\``,
      description: schema.description,
      security: [],
      tags: [reference('components/tags/events')],
      channel: reference(`channels/${type}`),
    },
  };
}

export const eventParameters: Json = {
  user_id: { description: `Id of the user; \`${UNKNOWN_USER}\` for an event without a user.` },
};

/** Headers of every event; a message adds those that differ by type. */
export function eventHeaders(): Json {
  return {
    EventHeaders: headersSchema(
      {
        'ce-specversion': { type: 'string', const: '1.0' },
        'ce-id': { ...text('Id of the event. It never changes.'), pattern: UUID },
        'ce-source': text('Source of the event. Source and id together identify it permanently.'),
        'ce-time': { ...text('When it happened, in UTC.'), format: 'date-time' },
        'ce-subject': { ...text('Id of the user. Absent without a user.'), pattern: UUID },
        'ce-userversion': {
          ...text('Version of the user that the event created or observed. Absent without a user.'),
          pattern: '^[1-9][0-9]*$',
        },
        'ce-sequence': {
          ...text(
            'Number of the event in the order of commits, without gaps. Absent from messages of builds before it existed.',
          ),
          pattern: '^[1-9][0-9]*$',
        },
        'ce-datacontenttype': { type: 'string', const: 'application/json' },
        'Nats-Msg-Id': {
          ...text('As `ce-id`: the server detects a repeated event by it.'),
          pattern: UUID,
        },
        'Nats-Expected-Stream': text(
          `Name of the stream, \`${streamDefaults.name}\` by default. The server refused the message elsewhere. Consumers ignore it.`,
        ),
      },
      [
        'ce-specversion',
        'ce-id',
        'ce-source',
        'ce-type',
        'ce-time',
        'ce-datacontenttype',
        'ce-dataschema',
        'Nats-Msg-Id',
        'Nats-Expected-Stream',
      ],
    ),
  };
}

function eventMessage(schema: EventSchema): Json {
  const { $id, $schema: _dialect, title: _title, description, examples, ...payload } = schema;
  const type = typeOf(schema);
  return {
    name: pascalCase(type),
    title: titleOf(type),
    summary: description,
    headers: {
      type: 'object',
      allOf: [
        reference('components/schemas/EventHeaders'),
        headersSchema(
          {
            'ce-type': { type: 'string', const: `user-service.${EVENT_SCHEMA_ID.exec($id)?.[1]}` },
            'ce-dataschema': { type: 'string', const: $id },
            'Nats-Expected-Last-Msg-Id': {
              type: 'string',
              format: 'uuid',
              description:
                'An event that directly follows another one of its user: the server took it behind that one. Consumers ignore it.',
            },
            ...(isFirst(type)
              ? {
                  'Nats-Expected-Last-Subject-Sequence': {
                    type: 'string',
                    const: '0',
                    description:
                      'The first event of a user: the server took it on an unused subject. Consumers ignore it.',
                  },
                }
              : {}),
          },
          [
            ...(hasUser(type) ? ['ce-subject', 'ce-userversion'] : []),
            ...(isFirst(type) ? ['Nats-Expected-Last-Subject-Sequence'] : []),
          ],
        ),
      ],
    },
    payload,
    examples: examples.map((data) => ({ name: camelCase(type), ...exampleOf(type, data) })),
  };
}

/** A message as the service publishes it. */
function exampleOf(type: DomainEvent['type'], data: object): Json {
  const event = { type, userId: USER_ID, userVersion: isFirst(type) ? 1 : 3, data } as DomainEvent;
  const time = new Date('2026-11-05T09:30:00.000Z');
  const attributes = toHeaders({ id: EVENT_ID, event, time, requestId: '', sequence: 1042 });
  return {
    headers: {
      ...Object.fromEntries(attributes),
      'Nats-Msg-Id': EVENT_ID,
      'Nats-Expected-Stream': streamDefaults.name,
      ...(isFirst(type) ? { 'Nats-Expected-Last-Subject-Sequence': '0' } : {}),
    },
    payload: data,
  };
}

function isFirst(type: DomainEvent['type']): boolean {
  return type === 'user.created';
}

/** Whether every event of the type has a user: a sign-in can be refused for an address without an account. */
export function hasUser(type: DomainEvent['type']): boolean {
  return type !== 'authentication.failed';
}

/** `user.email_changed` is `User email changed`. */
function titleOf(type: string): string {
  const words = type.replace(/[._]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `user.created` of `urn:user-service:schema:user.created.v1`. */
export function typeOf({ $id }: EventSchema): DomainEvent['type'] {
  return (EVENT_SCHEMA_ID.exec($id)?.[2] ?? $id) as DomainEvent['type'];
}
