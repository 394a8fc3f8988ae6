import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { PROBLEMS, type ProblemCode } from '../src/interfaces/api/problem-table.ts';
import { PROBLEM_MEDIA_TYPE, problemSchema } from '../src/interfaces/api/problems.ts';
import { namedSchemas, withReferences } from '../src/interfaces/http/openapi/named-schemas.ts';
import { describeProblems } from '../src/interfaces/http/openapi/problem-responses.ts';
import type { Endpoint } from '../src/interfaces/nats/endpoint.ts';
import { endpoints, SERVICE_NAME, subjectOf } from '../src/interfaces/nats/endpoints.ts';
import {
  HEARTBEAT_INTERVAL_MS,
  heartbeatSchema,
  heartbeatSubject,
} from '../src/interfaces/nats/heartbeat.ts';

type Json = Record<string, unknown>;

/** A JSON Schema below `docs/events`: the data of one type of event. */
interface EventSchema extends Json {
  readonly $id: string;
  readonly title?: string;
  readonly description?: string;
}

const EVENTS_DIRECTORY = join(import.meta.dirname, '..', 'docs', 'events');
const EVENT_SCHEMA_ID = /^urn:user-service:schema:(([a-z_]+\.[a-z_]+)\.v\d+)$/;

/** Refusals that any request can meet, and those that credentials can. */
const EVERYWHERE: readonly ProblemCode[] = [
  'malformed_request',
  'payload_too_large',
  'validation_failed',
  'internal_error',
  'overloaded',
  'unavailable',
];
const OF_CREDENTIALS: readonly ProblemCode[] = ['unauthenticated', 'invalid_token', 'forbidden'];

/**
 * Makes `docs/asyncapi.yaml` from the endpoints that the service mounts and the schemas of its events. It names no
 * server: the same sources always give the same bytes.
 */
export function generateAsyncApi(): string {
  const text = stringify(asyncApiDocument(readEventSchemas()), {
    aliasDuplicateObjects: false,
    lineWidth: 100,
  });
  return `# Made by \`npm run generate\`; do not edit.\n${text}`;
}

/** The AsyncAPI 3.0 document: what the service answers, and what it publishes. */
export function asyncApiDocument(events: readonly EventSchema[]): Json {
  const { Problem, User } = namedSchemas();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'User service over NATS',
      version: '1',
      description:
        'Requests are answered by the micro service `user-service`; events are on JetStream. Unknown fields are refused. `X-Request-Id` is taken where it is 1–128 of `[A-Za-z0-9._-]`, else made, and always returned.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.assign(
      {},
      ...endpoints.map(requestChannels),
      beatChannel(),
      ...events.map(eventChannel),
    ),
    operations: Object.assign(
      {},
      ...endpoints.map(requestOperation),
      publishOperation('health', 'Tell the health of an instance'),
      ...events.map((schema) =>
        publishOperation(typeOf(schema), schema.description ?? schema.title ?? typeOf(schema)),
      ),
    ),
    components: { schemas: { Problem, User } },
  };
}

function readEventSchemas(): readonly EventSchema[] {
  if (!existsSync(EVENTS_DIRECTORY)) return [];
  return readdirSync(EVENTS_DIRECTORY)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(EVENTS_DIRECTORY, name), 'utf8')) as EventSchema)
    .filter(({ $id }) => EVENT_SCHEMA_ID.test($id));
}

function requestChannels(endpoint: Endpoint): Json {
  const subject = subjectOf(endpoint);
  return {
    [subject]: {
      address: subject,
      messages: {
        request: {
          headers: requestHeaders(endpoint),
          payload: withReferences(endpoint.body),
        },
      },
    },
    [`${subject}.reply`]: {
      address: null,
      description: 'The reply subject of the request.',
      messages: {
        answer: { headers: answerHeaders({}), payload: withReferences(endpoint.answer) },
        refusal: {
          contentType: PROBLEM_MEDIA_TYPE,
          description: describeProblems(problemCodesOf(endpoint)),
          headers: answerHeaders({
            'Nats-Service-Error-Code': text('The HTTP status of the problem.'),
            'Nats-Service-Error': text('The code of the problem.'),
            'Retry-After': text('Seconds after which to try again; with 503 only.'),
          }),
          payload: withReferences(problemSchema),
        },
      },
    },
  };
}

function requestOperation(endpoint: Endpoint): Json {
  const subject = subjectOf(endpoint);
  return {
    [operationName(endpoint.name)]: {
      action: 'receive',
      summary: endpoint.summary,
      description: describeAccess(endpoint),
      channel: { $ref: channelReference(subject) },
      messages: [{ $ref: `${channelReference(subject)}/messages/request` }],
      bindings: { nats: { queue: SERVICE_NAME } },
      reply: {
        channel: { $ref: channelReference(`${subject}.reply`) },
        messages: ['answer', 'refusal'].map((name) => ({
          $ref: `${channelReference(`${subject}.reply`)}/messages/${name}`,
        })),
      },
    },
  };
}

function beatChannel(): Json {
  return {
    health: {
      address: heartbeatSubject('{instance_id}'),
      description: `On core NATS, every ${HEARTBEAT_INTERVAL_MS / 1000} s and at each change of state.`,
      parameters: { instance_id: { description: 'Names one process.' } },
      messages: { message: { payload: withReferences(heartbeatSchema) } },
    },
  };
}

function eventChannel(schema: EventSchema): Json {
  const { $id, $schema: _dialect, ...payload } = schema;
  const type = typeOf(schema);
  return {
    [type]: {
      address: `users.events.${type}.{user_id}`,
      description: 'A CloudEvent 1.0 in binary mode, on JetStream.',
      parameters: {
        user_id: { description: 'Id of the user; `unknown` where there is none.' },
      },
      messages: { message: { headers: eventHeaders($id), payload: withReferences(payload) } },
    },
  };
}

function publishOperation(channel: string, summary: string): Json {
  return {
    [operationName(`publish.${channel}`)]: {
      action: 'send',
      summary,
      channel: { $ref: channelReference(channel) },
      messages: [{ $ref: `${channelReference(channel)}/messages/message` }],
    },
  };
}

function requestHeaders({ access }: Endpoint): Json {
  return {
    type: 'object',
    properties: {
      ...(access === 'public'
        ? {}
        : { Authorization: text('`Bearer` and a service key (`usk_…`) or an access token.') }),
      'X-Request-Id': text('Id of the request; made where it is not sent.'),
    },
    ...(access === 'public' ? {} : { required: ['Authorization'] }),
  };
}

function answerHeaders(more: Json): Json {
  return {
    type: 'object',
    properties: {
      'X-Request-Id': text('Id of the request.'),
      'Content-Type': text('Media type of the body.'),
      ...more,
    },
  };
}

function eventHeaders(schemaId: string): Json {
  const type = `user-service.${EVENT_SCHEMA_ID.exec(schemaId)?.[1]}`;
  return {
    type: 'object',
    properties: {
      'ce-specversion': { const: '1.0' },
      'ce-id': text('Id of the event; `Nats-Msg-Id` is the same.'),
      'ce-source': text('With the id, names the event for ever.'),
      'ce-type': { const: type },
      'ce-time': { type: 'string', format: 'date-time' },
      'ce-subject': text('Id of the user.'),
      'ce-datacontenttype': { const: 'application/json' },
      'ce-dataschema': { const: schemaId },
      'ce-userversion': text('Version of the user that the event made or saw.'),
    },
    required: ['ce-specversion', 'ce-id', 'ce-source', 'ce-type', 'ce-time'],
  };
}

function problemCodesOf({ access, problems }: Endpoint): readonly ProblemCode[] {
  const codes = new Set([
    ...EVERYWHERE,
    ...problems,
    ...(access === 'public' ? [] : OF_CREDENTIALS),
  ]);
  return (Object.keys(PROBLEMS) as ProblemCode[]).filter((code) => codes.has(code));
}

function describeAccess({ access }: Endpoint): string {
  if (access === 'public') return 'For anybody; credentials are ignored.';
  const scope = access.slice(access.indexOf(':') + 1);
  const service = `a service with the scope \`${scope}\``;
  if (access.startsWith('self_or:')) return `For the user that the id names, or ${service}.`;
  return access.startsWith('user_or:')
    ? `For any signed-in user, or ${service}.`
    : `For ${service}.`;
}

function typeOf({ $id }: EventSchema): string {
  return EVENT_SCHEMA_ID.exec($id)?.[2] ?? $id;
}

/** `get-by-email` as `getByEmail`. */
function operationName(name: string): string {
  return name.replace(/[-._]([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

function channelReference(channel: string): string {
  return `#/channels/${channel}`;
}

function text(description: string): Json {
  return { type: 'string', description };
}
